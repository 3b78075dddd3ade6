"""The doctor: looks at the environment, the configuration and the tables, and says how to mend what is wrong."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Final

from zipline.doctor.definitions import Opened
from zipline.doctor.finding import Finding

SPARK_SECONDS: Final = 120.0
"""What Spark is given at least: executors may have to be started, and compile kernels."""


def examine(
    repo: Path | None = None, profile: str | None = None, seconds: float = 30, engine: str | None = None
) -> Iterator[Finding]:
    """Look at everything, from the ground up; whatever is broken is a finding, and the rest is looked at all the same.

    No finding shows a value that the environment gives to a `${NAME}`.

    Args:
        repo: the repository's folder; the one that the current folder is in unless given.
        profile: of its zipline.toml, "" for none; ZIPLINE_PROFILE's unless given.
        seconds: how long a table, or the registry, may take to answer.
        engine: the one that will compute; what zipline.toml says unless given.
    """
    opened = Opened()
    for finding in _findings(opened, repo, profile, seconds, engine):
        masked = opened.settings.variables.masked
        yield Finding(finding.check, finding.status, masked(finding.message), masked(finding.hint))


def _findings(
    opened: Opened, repo: Path | None, profile: str | None, seconds: float, engine: str | None
) -> Iterator[Finding]:
    from zipline.doctor import definitions, online, packages, records, spark, surroundings, tables
    from zipline.doctor.finding import guarded

    yield from guarded("python", packages.check_python())
    yield from guarded("packages", packages.check_packages())
    yield from guarded("repository", definitions.check_configuration(opened, repo, profile))
    duckdb = opened.settings.duckdb
    yield from guarded("memory", surroundings.check_memory(duckdb))
    yield from guarded("temp directory", surroundings.check_temp_directory(duckdb))
    yield from guarded("kernel cache", surroundings.check_cache())
    yield from guarded("modules", definitions.check_modules(opened))
    yield from guarded("variables", definitions.check_variables(opened))
    yield from guarded("online settings", online.check_settings(opened))
    by_spark = (engine or opened.settings.engine) == "spark"
    extras = tables.extras_of(opened) | ({"spark"} if by_spark else set())
    yield from guarded("extras", packages.check_extras(extras))
    zones = [zone for source in opened.sources for zone in definitions.zones_of(source)]
    yield from guarded("clock", surroundings.check_clock(opened.files, zones))
    yield from guarded("registry", records.check_registry(opened, seconds))
    yield from guarded("online store", online.check_store(opened, seconds))
    if by_spark:
        yield from guarded("spark", spark.check_spark(opened, max(seconds, SPARK_SECONDS)))
    yield from guarded("tables", tables.check_tables(opened, seconds))
