"""A random stream through workers that die, end and begin again, read by a client between."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from random import Random
from typing import Any

import pyarrow as pa
import pytest

import zipline as zl
from tests.conformance.check import differences
from tests.conformance.engines import answer_of
from tests.online.parity.random_streams import BASE, Delivery, RandomStream
from zipline.errors import DataError, OnlineError, StoreUnavailable
from zipline.online import catalog
from zipline.online.calls import Append, Call
from zipline.online.protocol import compacting, filling
from zipline.online.protocol.bulk import set_ready
from zipline.online.state.policy import Policy
from zipline.online.steps import run
from zipline.online.stores.base import Store
from zipline.online.streams.counts import Counts
from zipline.online.streams.entry_steps import Parts
from zipline.online.streams.fill_book import FillBook
from zipline.online.worker import Worker
from zipline.time import from_micros

SECONDS = 60
READS = 3
BEGIN, LAST = BASE - 100, BASE + 100
SHORT = 60
"""How far back reads may go, at least; no row comes later than this."""
FOLD_SOON = Policy(raw_bytes=0, tile_events=4, tile_bytes=1, fewest=2)
"""Documents of a few events, too, are folded into tiles."""


@contextmanager
def in_small() -> Iterator[None]:
    """Have happen within microseconds, to small documents, what takes minutes and large ones elsewhere."""
    keeping, policy = "zipline.online.streams.keeping", "zipline.online.state.policy"
    with pytest.MonkeyPatch.context() as patch:
        for name in ("compact", "tidy"):
            patch.setattr(f"{keeping}.{name}", partial(getattr(compacting, name), lead=3))
        patch.setattr(f"{keeping}.TIDY_SECONDS", 0.05)
        patch.setattr(f"{keeping}.WALK_SHARE", 1.0)
        patch.setattr(f"{policy}.POLICY", FOLD_SOON)
        patch.setattr(f"{policy}.OF_IDS", FOLD_SOON)
        patch.setattr("zipline.online.protocol.compacting._WORTH_IT", 0)
        patch.setattr("zipline.online.protocol.blind.COMPACT_AT", 256)
        patch.setattr("zipline.online.protocol.writing.IDLE_EVERY", 5)
        patch.setattr("zipline.online.protocol.writing.REREAD_EVERY", 5)
        patch.setattr("zipline.online.streams.applying.ROUND_SECONDS", 0.01)
        patch.setattr("zipline.online.streams.applying.IDLE_EVERY", 5)
        patch.setattr("zipline.online.streams.applying._WAITS", (0.0,))
        patch.setattr("zipline.online.streams.kafka_reader.LOOK_SECONDS", 0.0)
        patch.setattr("zipline.online.worker._POLL_SECONDS", 0.02)
        yield


class Killed(BaseException):
    """The worker's process is gone."""


@dataclass
class Moving:
    """A clock that is moved by hand, in microseconds."""

    at: int = BEGIN

    def __call__(self) -> int:
        return self.at


@dataclass
class Mortal:
    """A store as a worker sees it that is killed around some call, and whose answers are sometimes lost."""

    store: Store
    random: Random
    left: int = 0

    def do(self, call: Call) -> Any:
        if self.left > 0:
            self.left -= 1
            if self.left == 0:
                if self.random.random() < 0.5:
                    self.store.do(call)
                raise Killed
        if isinstance(call, Append) and self.random.random() < 0.05:
            if self.random.random() < 0.5:
                self.store.do(call)
            raise StoreUnavailable("it was slow")
        return self.store.do(call)

    def close(self) -> None:
        """Leave it open."""


@dataclass(frozen=True)
class Reading:
    """A read, when the clock shows `due` or later."""

    due: int


@dataclass(frozen=True)
class End:
    """The end of a worker: around so many calls of the store later it is killed; 0: it ends by itself."""

    due: int
    calls: int


@dataclass
class Rehearsal:
    """One stream, from its first record to its last.

    Args:
        stream: whose records come.
        store: where its state is.
        clock: of everything.
        folder: for dead letters.
        random: says when what happens.

    Attributes:
        reads: how many values were compared.
        lives: how many workers there were.
    """

    stream: RandomStream
    store: Store
    clock: Moving
    folder: Path
    random: Random
    reads: int = 0
    lives: int = 0
    said: list[str] = field(default_factory=list)

    def play(self) -> None:
        """Have workers apply the stream, each until it ends, and read it."""
        self._publish()
        self._steps = self._script()
        while self._steps:
            self.lives += 1
            mortal = Mortal(self.store, Random(self.random.random()))
            worker = self._worker(mortal)
            deadline = time.monotonic() + SECONDS
            with in_small(), suppress(Killed):
                worker.run(partial(self._tick, worker, mortal, deadline))
            assert worker.counts.poison == {}

    def _publish(self) -> None:
        record, history = self.stream.record(), self.random.choice([SHORT, 10**6])
        run(catalog.publish([record]), self.store)
        shards = self.random.choice([1, 2, 4])
        made = catalog.add_fill(record.name, 1, shards=shards, cut=None, history=history, now=self.clock())
        fill = run(made, self.store)
        run(filling.start(fill), self.store)
        assert run(set_ready(fill, {}), self.store)

    def _worker(self, store: Mortal) -> Worker:
        book = FillBook(store, frozenset(), 1, SHORT, self.clock)
        streams = self.stream.logs.streams(self.folder)
        parts = Parts(store, book, streams.dead_letters(), Counts(), self.clock, self.said.append)
        return Worker(book, streams, parts, rows=self.random.choice([1, 5, 100]))

    def _script(self) -> list[Delivery | Reading | End]:
        """Return what happens, in order."""
        random = self.random
        ends = [
            End(BASE + random.randrange(-60, 81), random.randrange(9)) for _ in range(random.randrange(4))
        ]
        drawn = self.stream.case.observations["t"].cast(pa.int64()).to_pylist()
        reads = [Reading(LAST)] + [
            Reading(BASE + each) for each in random.sample(drawn, min(len(drawn), READS - 1))
        ]
        return sorted([*ends, *self.stream.deliveries(random), *reads], key=lambda each: each.due)

    def _tick(self, worker: Worker, mortal: Mortal, deadline: float) -> None:
        """Let the next things happen once all that has come is applied."""
        assert time.monotonic() < deadline, (self.said, worker.counts.figures())
        if not worker.is_caught_up(self.clock()):
            return
        if not self._steps:
            worker.stop()
        if self._steps and isinstance(self._steps[0], Reading):
            self._read(self._steps.pop(0).due)
            return
        for _ in range(self.random.choice([1, 3, 30])):
            match self._steps[:1]:
                case [Delivery() as delivery]:
                    self.clock.at = max(self.clock.at + 1, delivery.due)
                    self.stream.deliver(delivery)
                case [End(_, 0)]:
                    worker.stop()
                case [End(_, calls)]:
                    mortal.left = calls
                case _:
                    return
            self._steps.pop(0)

    def _read(self, wanted: int) -> None:
        """Compare what is read of everybody with a training set, to the bit."""
        now = self.clock.at = max(self.clock.at + 1, wanted)
        moment = wanted if now - wanted < SHORT else now
        asked = self.stream.case.observations.group_by("k").aggregate([])
        client = zl.OnlineClient(self.store, clock=self.clock)
        try:
            expected = self.stream.expected(asked, moment)
        except DataError:  # beyond its limit
            with pytest.raises(OnlineError):
                client.get_many(self.stream.view.name, asked, at=from_micros(moment))
            return
        found = client.get_many(self.stream.view.name, asked, at=from_micros(moment))
        wrong = differences("online", answer_of(found), expected)
        assert not wrong, "\n".join([f"read at {moment}, by {self.lives} workers", *wrong[:20]])
        self.reads += len(asked)
