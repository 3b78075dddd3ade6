"""Tables that Spark does not read, or reads differently: read by DuckDB's engine, in a task, and handed to Spark.

What lies in the memory of this process is read here, once, and sent.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pyarrow as pa
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import types as st

from zipline.dsl.source import EventSource
from zipline.dsl.timestamp import Timestamp
from zipline.engines.duckdb.database import Database
from zipline.engines.duckdb.sql import quote
from zipline.engines.duckdb.tables import Relation, source_relation
from zipline.engines.duckdb.times import micros_sql
from zipline.engines.duckdb.unread import of_source
from zipline.engines.duckdb.versions import DELETED
from zipline.engines.spark.failures import telling
from zipline.engines.spark.scanning import Wanted
from zipline.engines.spark.wire import counted, created, packed, spark_of
from zipline.settings import DuckDBSettings
from zipline.types import BOOL, INT64, DataType
from zipline.variables import Variables

IN_A_TASK: Final = DuckDBSettings(memory_limit=2**30, threads=1)
"""How a task reads: beside others on its machine."""


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
                rows = self.database.table(_query(self.relation, wanted))
            columns = {name: packed(rows[name], kind) for name, kind in kinds.items()}
            return created(self.session, columns, schema)
        read = Read(self.source, wanted, kinds, self.database.root, self.database.variables)
        return self.session.range(1, numPartitions=1).mapInArrow(read, schema)

    def unreadable(self) -> int:
        """Return how many rows are left out because they cannot be read."""
        if self.relation.left_out is None:
            return 0
        values = self.database.table(self.relation.left_out.query)["rows"][0].as_py()
        return int(self.relation.left_out.lines + values)


@dataclass(frozen=True)
class Read:
    """Reads a table inside a task of Spark's."""

    source: EventSource
    wanted: Wanted
    kinds: Mapping[str, DataType]
    root: Path
    variables: Variables

    def __call__(self, _: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        """Yield the table's rows."""
        with telling(), Database(IN_A_TASK, self.root, self.variables) as database:
            relation = source_relation(database, self.source)
            with of_source(database, self.source, relation):
                for batch in database.unordered_batches(_query(relation, self.wanted), 65_536):
                    columns = [packed(batch[name], kind) for name, kind in self.kinds.items()]
                    yield pa.RecordBatch.from_arrays(columns, names=list(self.kinds))


def _query(relation: Relation, wanted: Wanted) -> str:
    types = relation.types()

    def widened(column: str) -> str:
        sql = relation.widened(column, types[column])
        return f"epoch_us({sql})" if types[column].kind == "timestamp" else sql

    def micros(time: Timestamp) -> str:
        return micros_sql(time, relation.stored[time.column])

    parts = wanted.parts(widened, micros, quote)
    return f"SELECT {', '.join(f'{sql} AS {quote(name)}' for name, sql in parts.items())} FROM {relation.sql}"


def _kinds(relation: Relation, wanted: Wanted) -> dict[str, DataType]:
    """Return name -> type of what `_query` gives."""
    types = relation.types()
    kinds = {column: counted(types[column]) for column in wanted.columns}
    kinds |= {name: counted(types[column]) for name, column in wanted.keys.items()}
    parts = wanted.parts(str, lambda time: time.column, str)
    return {name: BOOL if name == DELETED else kinds.get(name, INT64) for name in parts}
