"""Parts of a table that DuckDB's engine reads in Spark's tasks: Parquet files are cut into many, all else is one."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

import pyarrow as pa
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import types as st

from zipline.engines.duckdb.database import Database
from zipline.engines.duckdb.tables import Relation
from zipline.settings import DuckDBSettings

IN_A_TASK: Final = DuckDBSettings(memory_limit=2**30, threads=1)
"""How a task reads: beside others on its machine."""

PART_BYTES = 128 * 2**20
"""Compressed bytes of files that one task reads; of one file at least."""


@dataclass(frozen=True)
class Parts:
    """Queries that read a part of a table each.

    Attributes:
        queries: none where the table is read as a whole, by one task.
        mounted: the protocols of URLs in them.
    """

    queries: tuple[str, ...]
    mounted: tuple[str, ...]

    def frame(
        self,
        session: SparkSession,
        read: Callable[[Iterator[pa.RecordBatch]], Iterator[pa.RecordBatch]],
        schema: st.StructType,
    ) -> DataFrame:
        """Return what `read` gives in a task for each part; it is handed the numbers of its parts."""
        tasks = max(len(self.queries), 1)
        return session.range(0, tasks, numPartitions=tasks).mapInArrow(read, schema)

    def of(self, database: Database, numbers: Iterator[pa.RecordBatch]) -> Iterator[str]:
        """Yield the queries of numbered parts, once the database can run them; none of a table that is read whole."""
        if not self.queries:
            return
        for protocol in self.mounted:
            database.mount(protocol)
        for batch in numbers:
            yield from (self.queries[number] for number in batch["id"].to_pylist())


def parts_of(database: Database, relation: Relation, query: Callable[[str], str]) -> Parts:
    """Return a table's parts.

    Args:
        database: that the table is opened in.
        relation: the table.
        query: gives the query of what stands after FROM.
    """
    cut = relation.parts(PART_BYTES)
    return Parts(tuple(query(each) for each in cut) if len(cut) > 1 else (), tuple(database.mounted))
