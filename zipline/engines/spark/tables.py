"""Which way a table is read: by Spark where it gives what DuckDB's engine would, else by that engine, in a task."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from pyspark.sql import DataFrame, SparkSession

from zipline.dsl.snapshot import Snapshot
from zipline.dsl.source import EventSource
from zipline.dsl.table import Frame, Parquet, Table
from zipline.dsl.tables import SparkTable
from zipline.engines.duckdb.database import Database
from zipline.engines.duckdb.files import matching
from zipline.engines.duckdb.reading import reading_of
from zipline.engines.duckdb.tables import Relation as DuckDBRelation
from zipline.engines.duckdb.tables import source_relation, title_of
from zipline.engines.spark.failures import translated
from zipline.engines.spark.foreign import Foreign
from zipline.engines.spark.native import Native
from zipline.engines.spark.scanning import Wanted
from zipline.errors import SchemaError
from zipline.types import DataType

_ALIKE = {
    "BOOLEAN", "TINYINT", "SMALLINT", "INTEGER", "BIGINT", "UTINYINT", "USMALLINT", "UINTEGER", "FLOAT", "DOUBLE",
    "VARCHAR", "BLOB", "DATE", "TIMESTAMP", "TIMESTAMP WITH TIME ZONE",
}  # fmt: skip
"""The DuckDB types of Parquet columns that Spark reads as DuckDB does; decimals beside."""


class Relation(Protocol):
    """A table, as sweeps read it."""

    @property
    def title(self) -> str:
        """How messages and `explain()` call it."""

    def types(self) -> Mapping[str, DataType]:
        """Return the widened type of every column that zipline can take."""

    def scan(self, wanted: Wanted) -> DataFrame:
        """Return what is wanted of the rows, lazily."""

    def unreadable(self) -> int:
        """Return how many rows are left out because they cannot be read."""


def is_spark_frame(data: Any) -> bool:
    """Return whether something is a DataFrame of Spark's, of a session or of Spark Connect."""
    return isinstance(data, DataFrame)


def frame_of(session: SparkSession, table: Table) -> DataFrame | None:
    """Return the DataFrame of a table that only Spark knows; None of others."""
    if isinstance(table, SparkTable):
        with translated():
            return session.table(table.name)
    if isinstance(table, Frame) and is_spark_frame(table.data):
        return table.data  # type: ignore[no-any-return]
    return None


def source_table(session: SparkSession, database: Database, source: EventSource) -> Relation:
    """Return a source's table, its columns in their declared types; no rows are read.

    Raises:
        DataError, SchemaError: as the DuckDB engine's `source_relation` does, naming the source.
    """
    inner = source.table.table if isinstance(source.table, Snapshot) else source.table
    frame = frame_of(session, inner)
    if frame is not None:
        return _native(source, frame, title_of(inner))
    relation = source_relation(database, source)
    if isinstance(inner, Parquet) and (files := _plain_files(database, inner, source, relation)):
        with translated():
            return _native(source, session.read.parquet(*files), relation.title)
    return Foreign(session, database, source, relation)


def _native(source: EventSource, frame: DataFrame, title: str) -> Native:
    reading = reading_of(source)
    names = frame.columns
    repeated = next((name for name in names if names.count(name) > 1), None)
    place = f"source {source.name!r}, {title}"
    if repeated is not None:
        raise SchemaError(f"two columns are called {repeated!r}", where=place, hint="rename one of them")
    if isinstance(source.table, Snapshot):
        frame = frame.select(*(frame[f"`{name}`"] for name in source.table.visible(names)))
        title = f"Snapshot({title})"
    native = Native(frame, title, reading.declared, reading.times if reading.skip else ())
    try:
        native.types()
    except SchemaError as error:
        raise error.at(place) from None
    return native


def _plain_files(
    database: Database, table: Parquet, source: EventSource, relation: DuckDBRelation
) -> list[str]:
    """Return the files of a Parquet table that Spark reads as DuckDB does; none where it does not."""
    reading = reading_of(source)
    kinds = set(relation.stored.values())
    alike = all(kind in _ALIKE or kind.startswith("DECIMAL") for kind in kinds)
    if reading.declared or reading.skip or table.union_by_name or not alike:
        return []
    files = matching(database, table, "parquet")
    return [] if any("=" in each or "://" in each for each in files) else files
