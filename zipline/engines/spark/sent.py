"""Observations of this process, or of files, as a table of Spark's: each column as it is, where Spark has its type."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
from pyspark.sql import SparkSession
from pyspark.sql import types as st
from pyspark.sql.pandas.types import from_arrow_type

from zipline.dsl.table import Table
from zipline.engines.duckdb.database import Database
from zipline.engines.duckdb.tables import relation
from zipline.engines.spark.failures import telling
from zipline.engines.spark.native import Native
from zipline.engines.spark.parts import IN_A_TASK, Parts, parts_of
from zipline.engines.spark.wire import created, travelling
from zipline.errors import DefinitionError, SchemaError
from zipline.types import from_arrow, to_arrow
from zipline.variables import Variables


def sent(session: SparkSession, database: Database, table: Table) -> Native:
    """Return a table's rows as Spark's.

    What is in memory is sent; files are read in a task.

    Raises:
        SchemaError: Spark has no type for a column.
    """
    given = relation(database, table)
    rows = given.frame if given.frame is not None else given.arrow.empty_table()
    kinds = {field.name: _travelling(field) for field in rows.schema}
    schema = st.StructType(
        [
            st.StructField(name, from_arrow_type(kind, prefer_timestamp_ntz=True))
            for name, kind in kinds.items()
        ]
    )
    if given.frame is not None:
        columns = {name: rows[name].cast(kind) for name, kind in kinds.items()}
        return Native(created(session, columns, schema), given.title, {})
    parts = parts_of(database, given, lambda rows: f"SELECT * FROM {rows}")
    read = ReadAll(table, kinds, database.root, database.variables, parts)
    return Native(parts.frame(session, read, schema), given.title, {})


def _travelling(field: pa.Field) -> pa.DataType:
    """Return the Arrow type in which Spark takes a column: its own, or the widened one."""
    kind = field.type
    if pa.types.is_timestamp(kind):
        return pa.timestamp("us", kind.tz and "UTC")
    plain = (
        pa.types.is_boolean, pa.types.is_signed_integer, pa.types.is_float32, pa.types.is_float64,
        pa.types.is_decimal128, pa.types.is_string, pa.types.is_binary, pa.types.is_date32, pa.types.is_null,
    )  # fmt: skip
    if any(test(kind) for test in plain):
        return kind
    try:
        return to_arrow(travelling(from_arrow(kind)))
    except DefinitionError as error:
        raise SchemaError(
            f"column {field.name!r}: {error.message}", hint="cast it, or leave it out of the observations"
        ) from None


@dataclass(frozen=True)
class ReadAll:
    """Reads all columns of a table, or of some of its parts, inside a task of Spark's."""

    table: Table
    kinds: dict[str, pa.DataType]
    root: Path
    variables: Variables
    parts: Parts

    def __call__(self, numbers: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        """Yield the rows."""
        with telling(), Database(IN_A_TASK, self.root, self.variables) as database:
            whole = [] if self.parts.queries else [f"SELECT * FROM {relation(database, self.table).sql}"]
            for query in (*whole, *self.parts.of(database, numbers)):
                for batch in database.unordered_batches(query, 65_536):
                    columns = [batch[name].cast(kind) for name, kind in self.kinds.items()]
                    yield pa.RecordBatch.from_arrays(columns, names=list(self.kinds))
