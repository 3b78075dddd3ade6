"""The Spark session: the one that is running, or one that is started as zipline.toml says."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from logging import CRITICAL, getLogger
from pathlib import Path
from typing import Final

from pyspark.sql import SparkSession

from zipline.engines.spark.failures import reason
from zipline.errors import ConfigError
from zipline.progress import VERBOSE
from zipline.settings import SparkSettings
from zipline.variables import Variables

_OURS: Final = {
    "spark.sql.execution.arrow.maxRecordsPerBatch": "100000",
    "spark.sql.execution.arrow.maxBytesPerBatch": "2147483647",  # no limit: else all columns are measured each row
    "spark.sql.session.timeZone": "UTC",
    "spark.ui.showConsoleProgress": "false",
}
"""What a session is started with that zipline starts itself, unless zipline.toml says otherwise."""

_MEANING: Final = {
    "spark.sql.ansi.enabled": "true",
    "spark.sql.decimalOperations.allowPrecisionLoss": "false",
    "spark.sql.caseSensitive": "true",
    "spark.sql.variable.substitute": "false",  # of ${...} in the names of columns
}
"""What expressions are read under, in any session: what overflows is an error, and no digit is lost."""


def open_session(settings: SparkSettings, variables: Variables) -> SparkSession:
    """Return the session that is active, or start one.

    Raises:
        ConfigError: no session can be started.
    """
    running = running_session()
    if running is not None:
        return running
    if not os.environ.get("PYSPARK_PYTHON"):
        os.environ["PYSPARK_PYTHON"] = sys.executable
    builder = SparkSession.builder.appName("zipline")
    master = variables.located(settings.master, where="[spark] master")
    builder = builder.remote(master) if master.startswith("sc://") else builder.master(master)
    if not os.environ.get(VERBOSE):
        getLogger("SQLQueryContextLogger").setLevel(CRITICAL)
    for name, value in {**_OURS, **_quiet(), **_located(settings.options, variables)}.items():
        builder = builder.config(name, value)
    try:
        return builder.getOrCreate()
    except Exception as error:
        raise ConfigError(
            f"no Spark session could be started: {reason(error)}", where=f"[spark] master {master!r}",
            hint="is Java 17 or later installed, and is the master running? zipline doctor --engine spark",
        ) from error  # fmt: skip


def running_session() -> SparkSession | None:
    """Return the session that runs in this process; another thread's too, which is active in that thread alone."""
    active = SparkSession.getActiveSession()
    made = getattr(SparkSession, "_instantiatedSession", None)
    alive = made is not None and made.sparkContext._jsc is not None
    return active or (made if alive else None)


def _quiet() -> dict[str, str]:
    """Return the options by which Spark keeps what it does to itself."""
    if os.environ.get(VERBOSE):
        return {}
    logging = Path(__file__).with_name("quiet.properties")
    return {"spark.driver.extraJavaOptions": f"-Dlog4j2.configurationFile=file:{logging}"}


def _located(options: Mapping[str, str | int | float | bool], variables: Variables) -> dict[str, str]:
    found = {}
    for name, value in options.items():
        text = str(value).lower() if isinstance(value, bool) else str(value)
        found[name] = variables.located(text, where=f"[spark] {name}")
    return found


def is_remote(session: SparkSession) -> bool:
    """Return whether a session is one of Spark Connect: what is in its server's memory cannot be asked for."""
    return ".connect." in type(session).__module__


@contextmanager
def reading(session: SparkSession) -> Iterator[None]:
    """Let the session read expressions as zipline means them while the block builds DataFrames.

    Spark Connect reads them when they run: there the settings stay.
    """
    before = {name: session.conf.get(name) for name in _MEANING}
    changed = {name: value for name, value in _MEANING.items() if before[name] != value}
    for name, value in changed.items():
        session.conf.set(name, value)
    try:
        yield
    finally:
        if not is_remote(session):
            for name in changed:
                session.conf.set(name, str(before[name]))
