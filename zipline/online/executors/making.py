"""Tasks that make facts: of rows that Spark reads, or of those that they read themselves, as DuckDB's engine does."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pyarrow as pa

from zipline.engines.duckdb.database import Database
from zipline.engines.duckdb.tables import source_relation
from zipline.engines.duckdb.unread import of_source
from zipline.engines.spark.failures import telling
from zipline.online.executors.lanes import Lanes
from zipline.online.executors.messages import messages
from zipline.online.history_facts import HistoryFacts
from zipline.online.state.facts import Facts
from zipline.online.streams.facts import FactMaker
from zipline.settings import DuckDBSettings
from zipline.variables import Variables

ROWS: Final = 131_072
"""Of which facts are made at once."""


@dataclass(frozen=True)
class MakeFacts:
    """Makes facts of rows.

    Attributes:
        lanes: where they go.
        wanted: the lanes that still lack some.
    """

    lanes: Lanes
    wanted: frozenset[int]

    def __call__(self, batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        """Yield messages."""
        with telling():
            yield from messages(self.lanes, self.wanted, _task(), self._facts(batches))

    def _facts(self, batches: Iterator[pa.RecordBatch]) -> Iterator[Facts]:
        wanted = HistoryFacts(self.lanes.state, self.lanes.number, self.lanes.fill)
        maker = FactMaker(self.lanes.state, self.lanes.number)
        for rows in gathered(batches):
            yield wanted.facts(maker, rows)


@dataclass(frozen=True)
class ReadFacts:
    """Reads a table that Spark does not, and makes facts of it.

    Attributes:
        making: what makes them.
        root: what relative paths are relative to.
        variables: what stands in the locations of tables.
    """

    making: MakeFacts
    root: Path
    variables: Variables

    def __call__(self, _: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        """Yield messages."""
        lanes = self.making.lanes
        source = lanes.state.sources[lanes.number]
        with telling(), Database(DuckDBSettings(threads=1), self.root, self.variables) as database:
            relation = source_relation(database, source)
            sql = HistoryFacts(lanes.state, lanes.number, lanes.fill).sql(relation)
            with of_source(database, source, relation):
                yield from self.making(database.unordered_batches(sql, ROWS))


def gathered(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.Table]:
    """Yield tables of at least `ROWS` rows each, and of what is left."""
    waiting: list[pa.RecordBatch] = []
    for batch in batches:
        waiting.append(batch)
        if sum(map(len, waiting)) >= ROWS:
            yield pa.Table.from_batches(waiting)
            waiting = []
    if waiting:
        yield pa.Table.from_batches(waiting)


def _task() -> int:
    """Return the number of the partition that this task has; the same when it is run again."""
    from pyspark import TaskContext

    context = TaskContext.get()
    return 0 if context is None else context.partitionId()
