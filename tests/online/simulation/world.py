"""The world of a run: servers, logs that fill, a clock, and what a reader must have seen."""

from __future__ import annotations

import random
from bisect import bisect_left
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np

from tests.online.simulation.codecs import Codec
from tests.online.simulation.rows import Row, Values, facts_of, may_be, values_at
from tests.online.simulation.scenario import CORRECTIONS, START, Scenario
from tests.online.simulation.servers import Servers
from tests.online.simulation.views import state_of
from zipline.online.calls import NOWHERE, Marker, ReadMeta
from zipline.online.fills import Fill
from zipline.online.state.facts import Facts
from zipline.online.stores.base import Store
from zipline.online.stores.memory import MemoryStore

CHUNK: Final = 4
"""Rows of one chunk of the bulk load."""


class Wrong(AssertionError):
    """A read gave what it must not, or the run did not come to rest."""


@dataclass(frozen=True)
class Batch:
    """What a consumer gets: rows from `start` up to `stop`."""

    facts: Facts
    start: int
    stop: int
    last: bool
    newest: int


class World:
    """Everything that actors share.

    Attributes:
        dice: decides all that is random.
        clock: microseconds.
        skew: actor -> how far its clock is wrong.
        assigned: worker -> the logs that it believes to be its own.
        arrived: log -> how many of its records are there.
        replays: whether the next consumer that seeks begins at the log's beginning.
        prefetched: whether the next consumer that seeks still gets what was fetched before, from farther on.
        rolled_back: whether a server has ever lost data.
    """

    def __init__(self, scenario: Scenario, codec: Codec, opened: Callable[[], Store] = MemoryStore) -> None:
        self.scenario = scenario
        self.dice = random.Random(scenario.seed)
        self.state = state_of(scenario.kind, scenario.windows)
        self.fold = codec.fold(self.state)
        self.fill = Fill("v", 1, 1, scenario.shards, scenario.cut, scenario.history, "")
        self.servers = Servers(scenario.servers, opened)
        self.clock = START
        self.skew: dict[str, int] = {}
        self.logs = tuple(f"s:topic:{number}" for number in range(len(scenario.logs)))
        self.assigned: dict[str, list[str]] = {}
        self.arrived = [0] * len(self.logs)
        self.replays = self.prefetched = False
        self.resting = False
        self.entities = sorted({row.entity for row in self.rows()} | {b"none"})
        self.rolled_back = False
        empty = facts_of([Row(b"", 0, 0, 0, 0, b"" if self.state.has_ids else None)])
        self.no_facts = empty.take(np.zeros(1, np.bool_))
        self._offsets = [[each.offset for each in log] for log in scenario.logs]
        self._made: dict[tuple[int, int, int], Facts] = {}
        self.read = self.forgotten = 0

    def rows(self) -> list[Row]:
        """Return every row of table and logs."""
        return [*self.scenario.table, *(each.row for log in self.scenario.logs for each in log)]

    @property
    def chunks(self) -> list[Sequence[Row]]:
        """The chunks of the table that is loaded; with ids, each has all versions of an entity."""
        table = self.table()
        if self.state.has_ids:
            return [[row for row in table if row.entity == each] for each in self.entities]
        return [table[at : at + CHUNK] for at in range(0, len(table), CHUNK)]

    def table(self) -> Sequence[Row]:
        """Return the table as it is found."""
        return self.scenario.table

    def now(self, actor: str) -> int:
        """Return what an actor's clock says."""
        return self.clock + self.skew.get(actor, 0)

    def tick(self) -> None:
        """Let time pass, and records arrive."""
        self.clock += self.dice.choice((0, 1, 10_000, self.scenario.tick))
        for at, log in enumerate(self.scenario.logs):
            while self.arrived[at] < len(log) and log[self.arrived[at]].row.arrival <= self.clock:
                self.arrived[at] += 1

    def beginning(self, log: str) -> int:
        """Return a log's first offset."""
        records = self.scenario.logs[self.logs.index(log)]
        return records[0].offset if records else 0

    def middle(self, log: str) -> int:
        """Return an offset some way into what has arrived."""
        records = self.scenario.logs[self.logs.index(log)][: self.arrived[self.logs.index(log)]]
        return self.dice.choice(records).offset if records else self.beginning(log)

    def end(self, log: str) -> int:
        """Return the offset after a log's last record."""
        records = self.scenario.logs[self.logs.index(log)][: self.arrived[self.logs.index(log)]]
        return records[-1].offset + 1 if records else self.beginning(log)

    def consume(self, log: str, position: int, most: int) -> Batch:
        """Return the records of a log from a position on, some of them."""
        at = self.logs.index(log)
        start = self.beginning(log) if position == NOWHERE else position
        records = self.scenario.logs[at]
        first = bisect_left(self._offsets[at], start)
        after = max(min(first + most, self.arrived[at]), first)
        batch = records[first:after]
        facts = self._facts(at, first, after)
        stop = batch[-1].offset + 1 if batch else start
        return Batch(
            facts, start, stop, after >= self.arrived[at], batch[-1].row.arrival - 1 if batch else NOWHERE
        )

    def _facts(self, log: int, first: int, after: int) -> Facts:
        if (log, first, after) not in self._made:
            batch = self.scenario.logs[log][first:after]
            facts = facts_of([each.row for each in batch], [each.offset for each in batch])
            if not batch:
                facts = replace(self.no_facts, positions=np.zeros(0, np.int64))
            self._made[log, first, after] = facts
        return self._made[log, first, after]

    def applied(self, marker: Marker) -> list[Row]:
        """Return the rows that a shard holds, as its marker says."""
        rows = list(self.scenario.table) if self.fill.cut is not None else []
        for log, records in zip(self.logs, self.scenario.logs, strict=True):
            offset = marker.logs[log].offset if log in marker.logs else NOWHERE
            rows += [each.row for each in records if each.offset < offset and self.is_streamed(each.row)]
        return rows

    def is_streamed(self, row: Row) -> bool:
        """Return whether a row of a log is the stream's, and not bulk's."""
        return self.fill.cut is None or row.id is not None or row.known > self.fill.cut

    def check(self, entity: bytes, t: int, value: Values, marker: Marker, who: str) -> None:
        """Compare a value with that of exactly the rows that the shard's marker says were applied.

        With ids that move, a document may be told of a later version's end of it before its shard has come to that.

        Raises:
            Wrong: they differ.
        """
        self.read += 1
        self._check_watermarks(marker)
        applied = self.applied(marker)
        windows = self.state.windows
        if value == (expected := values_at(applied, windows, entity, t, CORRECTIONS)):
            return
        if self.scenario.kind == "moves":
            certain, doubtful = self._told(entity, t, applied)
            if may_be(value, certain, doubtful, windows, entity, t, CORRECTIONS):
                return
        raise Wrong(f"{who} read {value} of {entity!r} at {t - START}, not {expected}; {marker}")

    def _check_watermarks(self, marker: Marker) -> None:
        """See that what arrived up to a watermark has been applied, where clocks are right."""
        if "skew" in self.scenario.faults:
            return
        for log, records in zip(self.logs, self.scenario.logs, strict=True):
            held = marker.logs.get(log)
            for each in records:
                if held and each.offset >= held.offset and each.row.arrival <= held.watermark:
                    raise Wrong(f"the watermark of {log} is too high: {held}, which lacks {each}")

    def _told(self, entity: bytes, t: int, applied: list[Row]) -> tuple[list[Row], list[Row]]:
        """Return the rows that a document knows for certain, and those that it may have been told of.

        A version may be told of before its shard has come to it. After an index has lost data, a version elsewhere
        that the shard has come to may not have been told of until the index has it again.
        """
        held = {id(row) for row in applied}
        ids = {row.id for row in applied if row.entity == entity}
        arrived = [each.row for at, log in enumerate(self.scenario.logs) for each in log[: self.arrived[at]]]
        early = [row for row in arrived if id(row) not in held]
        late = [row for row in applied if self.rolled_back and row.entity != entity]
        doubtful = [replace(row, kept=False) for row in early + late if row.id in ids and row.known < t]
        return [row for row in applied if row not in late], doubtful

    def dead_end(self) -> str | None:
        """Return what has not come to rest: a shard that lacks records or may not be read."""
        for shard in self.fill.all_shards:
            meta: Any = self.servers.of(shard).store.do(ReadMeta(shard))
            if meta is None or not meta.ready:
                return f"{shard} is not ready: {meta}"
            for log in self.logs:
                if log not in meta.logs or meta.logs[log].offset < self.end(log):
                    return f"{shard} lacks the end of {log}: {meta}"
                if self.scenario.kind == "moves" and meta.index.get(log, NOWHERE) < self.end(log):
                    return f"the index of {shard} lacks the end of {log}: {meta}"
        return None
