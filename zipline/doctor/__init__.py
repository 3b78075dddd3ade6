"""The doctor: looks at the environment, the configuration and the tables, and says how to mend what is wrong."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from zipline.doctor.definitions import Opened
from zipline.doctor.finding import Finding


def examine(repo: Path | None = None, profile: str | None = None, seconds: float = 30) -> Iterator[Finding]:
    """Look at everything, from the ground up; whatever is broken is a finding, and the rest is looked at all the same.

    No finding shows a value that the environment gives to a `${NAME}`.

    Args:
        repo: the repository's folder; the one that the current folder is in unless given.
        profile: of its zipline.toml, "" for none; ZIPLINE_PROFILE's unless given.
        seconds: how long a table, or the registry, may take to answer.
    """
    opened = Opened()
    for finding in _findings(opened, repo, profile, seconds):
        masked = opened.settings.variables.masked
        yield Finding(finding.check, finding.status, masked(finding.message), masked(finding.hint))


def _findings(opened: Opened, repo: Path | None, profile: str | None, seconds: float) -> Iterator[Finding]:
    from zipline.doctor import definitions, online, packages, records, surroundings, tables
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
    yield from guarded("extras", packages.check_extras(tables.extras_of(opened)))
    zones = [zone for source in opened.sources for zone in definitions.zones_of(source)]
    yield from guarded("clock", surroundings.check_clock(opened.files, zones))
    yield from guarded("registry", records.check_registry(opened, seconds))
    yield from guarded("online store", online.check_store(opened, seconds))
    yield from guarded("tables", tables.check_tables(opened, seconds))
