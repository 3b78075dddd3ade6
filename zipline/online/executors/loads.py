"""The driver's part: which lanes lack something, and a job of Spark's that brings it; no fact passes through here."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from pyspark.sql import DataFrame, SparkSession

from zipline.engines.duckdb.database import Database
from zipline.engines.spark.progress import watched
from zipline.online.executors.lanes import Lanes
from zipline.online.executors.making import MakeFacts
from zipline.online.executors.messages import ORDER
from zipline.online.executors.reading import facts_frame
from zipline.online.executors.writing import ANSWER, WriteLanes
from zipline.online.fills import Fill
from zipline.online.loads import Load
from zipline.online.protocol import filling
from zipline.online.state.view_state import ViewState
from zipline.online.steps import run
from zipline.online.stores.base import Store
from zipline.progress import Progress


def spark_loads(
    session: SparkSession, database: Database, opened: Callable[[], Store], state: ViewState, fill: Fill
) -> Sequence[Load]:
    """Return the histories of a view's sources that have a table, read and written by Spark's tasks.

    Args:
        session: whose tasks.
        database: by which this process looks at tables.
        opened: opens the store, wherever tasks run.
        state: the view's.
        fill: where to.
    """
    return [
        SparkLoad(session, database, opened, Lanes(state, number, fill))
        for number, source in enumerate(state.sources)
        if source.has_table
    ]


@dataclass(frozen=True)
class SparkLoad:
    """Loads the history of one source.

    Attributes:
        session, database, opened: as in `spark_loads`.
        lanes: the source's.
    """

    session: SparkSession
    database: Database
    opened: Callable[[], Store]
    lanes: Lanes

    @property
    def chunks(self) -> Mapping[str, int]:
        """What every shard must hold."""
        return self.lanes.ready

    def write(self, store: Store, progress: Progress) -> int:
        """Write the lanes that lack something, until the store says that none does; return how many facts that was."""
        written = 0
        while lacking := self._lacking(store):
            with watched(self.session, progress, [self.lanes.source]):
                written += sum(answer["facts"] for answer in self._job(lacking).collect())
        return written

    def _lacking(self, store: Store) -> frozenset[int]:
        """Return the lanes that are not whole."""
        found = set()
        for lane in range(self.lanes.count):
            first = run(self.lanes.bulk(lane).load(), store)
            if first is None:
                run(filling.start(self.lanes.fill), store)
            if first is None or first < self.lanes.chunks:
                found.add(lane)
        return frozenset(found)

    def _job(self, lacking: frozenset[int]) -> DataFrame:
        """Return what tasks answer when they have written some lanes."""
        facts = facts_frame(self.session, self.database, MakeFacts(self.lanes, lacking))
        named = self.session.createDataFrame(
            [(lane, -1, 0, 0, None) for lane in sorted(lacking)], facts.schema
        )  # so that a lane without facts is told of, too
        placed = facts.unionAll(named).repartition("lane")
        return placed.sortWithinPartitions(*ORDER).mapInArrow(WriteLanes(self.lanes, self.opened), ANSWER)
