"""Which engine computes, by its name."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Literal, TypeAlias

from zipline.errors import ConfigError, RequestError, nearest
from zipline.sections import ENGINES

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

    from zipline.engines.base import Engine
    from zipline.engines.spark.engine import SparkEngine
    from zipline.settings import Settings

EngineName: TypeAlias = Literal["duckdb", "spark"]


def chosen_engine(name: EngineName | None, settings: Settings) -> str:
    """Return the name of the engine that is asked for; what zipline.toml says, where none is.

    Raises:
        RequestError: there is no such engine.
    """
    chosen = name or settings.engine
    if chosen not in ENGINES:
        raise RequestError(f"there is no engine {chosen!r}", hint=nearest(str(chosen), ENGINES))
    return chosen


def open_engine(
    name: EngineName | None, settings: Settings, root: Path, session: SparkSession | None
) -> Engine:
    """Return the engine that is asked for.

    Args:
        name: what zipline.toml says unless given.
        settings: of zipline.toml.
        root: what relative paths of tables are relative to.
        session: of Spark; the active one, or a new one, unless given.

    Raises:
        ConfigError: it is Spark's, and pyspark is not installed.
        RequestError: there is no such engine.
    """
    if chosen_engine(name, settings) == "spark":
        return open_spark(settings, root, session)
    from zipline.engines.duckdb.engine import DuckDBEngine

    return DuckDBEngine(settings.duckdb, root, settings.variables)


def open_spark(settings: Settings, root: Path, session: SparkSession | None) -> SparkEngine:
    """Return Spark's engine; its session is opened when it is first used.

    Raises:
        ConfigError: pyspark is not installed.
    """
    need_pyspark()
    from zipline.engines.spark.engine import SparkEngine

    return SparkEngine(settings.spark, settings.duckdb, root, settings.variables, session)


def need_pyspark() -> None:
    """Refuse to go on where Spark's package is missing: what uses it imports it.

    Raises:
        ConfigError: it is not installed.
    """
    if find_spec("pyspark") is None:
        raise ConfigError(
            "pyspark is not installed", where="engine 'spark'", hint="pip install 'zipline-features[spark]'"
        )
