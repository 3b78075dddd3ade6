"""Keep documents small: compact those that have grown, and walk through the shards for what time has passed by."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final

from zipline.errors import OnlineError
from zipline.online.calls import Shard
from zipline.online.fills import Fill
from zipline.online.protocol.compacting import compact, tidy
from zipline.online.protocol.forgetting import Forgetter
from zipline.online.state.view_state import ViewState
from zipline.online.steps import Steps, run
from zipline.online.stores.base import Store
from zipline.online.streams.counts import Counts
from zipline.online.streams.tracks import Entry, Track

TIDY_SECONDS: Final = 300.0
"""How long after one walk through a shard the next one begins."""
FOLD_SECONDS: Final = 0.05
"""Of each round: where a log is caught up with, documents wait, and more of them is folded at once."""
_SLICE: Final = 0.02
"""Seconds of each round that walks may take."""
WALK_SHARE: Final = 0.05
"""Of all time, what walks may take: a server lists a shard by looking at all its keys, however many those are."""


class Keeping:
    """The documents that one worker looks after: those that it saw grow, and the shards that fall to it.

    Attributes:
        logs: of each view's title all logs that it is written from, also those that other workers read.
    """

    def __init__(
        self, store: Store, counts: Counts, now: Callable[[], int], say: Callable[[str], None]
    ) -> None:
        self._store, self._counts, self._now, self._say = store, counts, now, say
        self._grown: dict[tuple[str, bytes], tuple[ViewState, Fill]] = {}
        self._walked: dict[Shard, float] = {}
        self._forgetters: dict[str, Forgetter] = {}
        self._walk: Steps[int] | None = None
        self._next: Any = None
        self._took = 0.0
        self._rests = float("-inf")
        self.logs: Mapping[str, frozenset[str]] = {}

    def grown(self, entry: Entry, entities: Sequence[bytes]) -> None:
        """Remember documents that have grown so far that they should be compacted."""
        for entity in entities:
            self._grown[entry.fill.name, entity] = (entry.reading.state, entry.fill)

    def work(self, tracks: Iterable[Track]) -> None:
        """Compact what has grown, and walk on for a moment."""
        with self._counts.stage("compact"):
            until = time.monotonic() + FOLD_SECONDS
            while self._grown and time.monotonic() < until:
                each = next(iter(self._grown))
                state, fill = self._grown.pop(each)
                self._safely(lambda: self._compact(state, fill, each[1]))  # noqa: B023  called at once
            until = time.monotonic() + _SLICE
            while time.monotonic() < until:
                began = time.monotonic()
                if self._walk is None and not self._begin(tracks):
                    return
                self._safely(self._step)
                self._took += time.monotonic() - began
                if self._walk is None:
                    self._rests, self._took = time.monotonic() + self._took * (1 / WALK_SHARE - 1), 0.0

    def leave(self) -> list[tuple[ViewState, Fill, bytes]]:
        """Return the documents that are remembered and not yet compacted, and leave them to others."""
        left = [(state, fill, entity) for (_, entity), (state, fill) in self._grown.items()]
        self._grown.clear()
        return left

    def _compact(self, state: ViewState, fill: Fill, entity: bytes) -> None:
        if run(compact(state, fill, entity, self._now(), logs=self._logs(state)), self._store):
            self._counts.compacted += 1

    def _begin(self, tracks: Iterable[Track]) -> bool:
        """Begin to walk through the shard that has waited longest, if one is due."""
        clock = time.monotonic()
        if clock < self._rests:
            return False
        shards = {shard: of for track in tracks for shard, of in shards_of(track).items()}
        # The first walk is a period away: a worker that has just started has better things to do.
        self._walked = {shard: self._walked.get(shard, clock) for shard in shards}
        shard = min(shards, key=self._walked.__getitem__, default=None)
        if shard is None or self._walked[shard] > clock - TIDY_SECONDS:
            return False
        state, fill = shards[shard]
        self._walked[shard] = clock
        self._walk = self._through(state, fill, shard)
        self._next = next(self._walk)
        return True

    def _through(self, state: ViewState, fill: Fill, shard: Shard) -> Steps[int]:
        """Walk through a shard's documents, and through its ids, if any may move."""
        changed = yield from tidy(state, fill, shard, self._now(), logs=self._logs(state))
        moving = [source.name for source in state.sources if source.id and source.moves]
        if moving:
            forgetter = self._forgetters.setdefault(fill.name, Forgetter(state, fill, ()))
            forgetter.logs = {log for log in self._logs(state) if log.partition(":")[0] in moving}
            yield from forgetter.walk(shard, self._now(), time.monotonic_ns() // 1000)
        return changed

    def _logs(self, state: ViewState) -> frozenset[str]:
        return self.logs.get(state.title, frozenset())

    def _step(self) -> None:
        assert self._walk is not None
        walk, self._walk = self._walk, None  # an error ends it; the next one comes in its time
        try:
            self._next = walk.send(self._store.do(self._next))
        except StopIteration as end:
            self._counts.compacted += end.value
        else:
            self._walk = walk

    def _safely(self, work: Callable[[], None]) -> None:
        """Do what may fail without harm: a document stays as it is, and reads tell what is wrong with it."""
        try:
            work()
        except OnlineError as error:
            self._say(f"not compacted: {error.message}")


def shards_of(track: Track) -> dict[Shard, tuple[ViewState, Fill]]:
    """Return the shards that whoever has a partition walks through: each falls to one partition of a view's topic."""
    return {
        shard: (entry.reading.state, entry.fill)
        for entry in track.entries
        for shard in entry.fill.all_shards
        if shard.number % track.of == track.partition.number % track.of
    }
