"""Tables that Spark does not read, or reads differently: read by DuckDB's engine, in tasks, and handed to Spark.

Parquet files are read by as many tasks as they are worth, other tables by one. What lies in the memory of this process
is read here, once, and sent.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import types as st

from zipline.dsl.source import EventSource
from zipline.dsl.timestamp import Timestamp
from zipline.engines.duckdb.database import Database, Unread
from zipline.engines.duckdb.span import Span, pushed
from zipline.engines.duckdb.sql import quote
from zipline.engines.duckdb.tables import Relation, source_relation
from zipline.engines.duckdb.times import micros_sql
from zipline.engines.duckdb.unread import of_source
from zipline.engines.duckdb.versions import DELETED
from zipline.engines.spark.failures import telling
from zipline.engines.spark.parts import IN_A_TASK, Parts, parts_of
from zipline.engines.spark.scanning import Wanted
from zipline.engines.spark.wire import counted, created, packed, spark_of
from zipline.types import BOOL, INT64, DataType
from zipline.variables import Variables


@dataclass(frozen=True)
class Foreign:
    """A table that DuckDB's engine reads.

    Attributes:
        session: where its rows are handed to.
        database: DuckDB, on this machine.
        source: whose table it is.
        relation: the table.
    """

    session: SparkSession
    database: Database
    source: EventSource
    relation: Relation

    @property
    def title(self) -> str:
        """How messages and `explain()` call it."""
        return self.relation.title

    def types(self) -> Mapping[str, DataType]:
        """Return the types of the columns."""
        return self.relation.types()

    def scan(self, wanted: Wanted) -> DataFrame:
        """Return what is wanted of the rows."""
        kinds = _kinds(self.relation, wanted)
        schema = st.StructType([st.StructField(name, spark_of(kind)) for name, kind in kinds.items()])
        if self.relation.frame is not None:
            with of_source(self.database, self.source, self.relation):
                rows = self.database.table(_query(self.relation, wanted, self.relation.sql))
            columns = {name: packed(rows[name], kind) for name, kind in kinds.items()}
            return created(self.session, columns, schema)
        parts = parts_of(self.database, self.relation, lambda rows: _query(self.relation, wanted, rows))
        read = Read(self.source, wanted, kinds, self.database.root, self.database.variables, parts)
        return parts.frame(self.session, read, schema)

    def unreadable(self) -> int:
        """Return how many rows are left out because they cannot be read."""
        if self.relation.left_out is None:
            return 0
        values = self.database.table(self.relation.left_out.query)["rows"][0].as_py()
        return int(self.relation.left_out.lines + values)


@dataclass(frozen=True)
class Read:
    """Reads a table inside a task of Spark's, or a part of one: whose number the task is given.

    Attributes:
        source: whose table it is.
        wanted: what is wanted of its rows.
        kinds: the columns that are handed to Spark -> their types.
        root: what relative paths are relative to.
        variables: what `${name}` stands for.
        parts: of the table.
    """

    source: EventSource
    wanted: Wanted
    kinds: Mapping[str, DataType]
    root: Path
    variables: Variables
    parts: Parts

    def __call__(self, numbers: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        """Yield the rows of each part."""
        with telling(), Database(IN_A_TASK, self.root, self.variables) as database:
            if not self.parts.queries:
                relation = source_relation(database, self.source)
                with of_source(database, self.source, relation):
                    yield from self._rows(database, _query(relation, self.wanted, relation.sql))
            for query in self.parts.of(database, numbers):
                yield from self._part(database, query)

    def _part(self, database: Database, query: str) -> Iterator[pa.RecordBatch]:
        try:
            yield from self._rows(database, query)
        except Unread as error:
            with of_source(database, self.source, source_relation(database, self.source)):
                raise error

    def _rows(self, database: Database, query: str) -> Iterator[pa.RecordBatch]:
        for batch in database.unordered_batches(query, 65_536):
            columns = [packed(batch[name], kind) for name, kind in self.kinds.items()]
            yield pa.RecordBatch.from_arrays(columns, names=list(self.kinds))


def _query(relation: Relation, wanted: Wanted, rows: str) -> str:
    """Return SQL for what is wanted of a table, or of a part of it."""
    types = relation.types()

    def widened(column: str) -> str:
        sql = relation.widened(column, types[column])
        return f"epoch_us({sql})" if types[column].kind == "timestamp" else sql

    def micros(time: Timestamp) -> str:
        return micros_sql(time, relation.stored[time.column])

    parts = wanted.parts(widened, micros, quote)
    columns = ", ".join(f"{sql} AS {quote(name)}" for name, sql in parts.items())
    within = [
        condition
        for bound in wanted.bounds
        for condition in pushed(bound.time, relation.stored[bound.time.column], Span(bound.first, bound.last))
    ]
    return f"SELECT {columns} FROM {rows}" + (f" WHERE {' AND '.join(within)}" if within else "")


def _kinds(relation: Relation, wanted: Wanted) -> dict[str, DataType]:
    """Return name -> type of what `_query` gives."""
    types = relation.types()
    kinds = {column: counted(types[column]) for column in wanted.columns}
    kinds |= {name: counted(types[column]) for name, column in wanted.keys.items()}
    parts = wanted.parts(str, lambda time: time.column, str)
    return {name: BOOL if name == DELETED else kinds.get(name, INT64) for name in parts}
