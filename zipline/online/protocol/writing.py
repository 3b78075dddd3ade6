"""Write micro-batches of one log into one fill: blind appends, each with the log's offset in the same step."""

from __future__ import annotations

from typing import Final

import numpy as np

from zipline.errors import StoreUnavailable
from zipline.online.calls import NOWHERE, Meta, ReadMeta
from zipline.online.fills import Fill
from zipline.online.protocol.blind import Blind
from zipline.online.protocol.indexing import Indexed
from zipline.online.protocol.outcome import Outcome, Written
from zipline.online.protocol.runs import runs
from zipline.online.state.facts import Facts
from zipline.online.state.view_state import ViewState
from zipline.online.steps import Steps

IDLE_EVERY: Final = 2_000_000
"""Microseconds between two steps that move the shards without events."""
REREAD_EVERY: Final = 1_000_000
"""Microseconds between two looks at whether a store has lost data."""


class Writer:
    """Writes what one log says into one fill; a worker has one for each log that it is assigned and each fill.

    Args:
        state: the view's.
        fill: where to.
        log: `{source}:{topic}:{partition}`; the source says whether its ids may move (the id index).
    """

    def __init__(self, state: ViewState, fill: Fill, log: str) -> None:
        self.state, self.fill, self.log = state, fill, log
        (source,) = (each for each in state.sources if each.name == log.partition(":")[0])
        self._documents = (Indexed if source.id and source.moves else Blind)(state, fill, log)
        self._loaded = False
        self._position = NOWHERE
        self._watermark = NOWHERE
        self._idled = self._reread = 0

    def load(self, now: int) -> Steps[int | None]:
        """Read every shard's stored offset; return the smallest, where the consumer seeks.

        `NOWHERE` is the log's beginning, which only the consumer knows: its next batch must begin there. None: a
        shard is missing (`Outcome.GONE`).

        Raises:
            StoreUnavailable: try again later.
        """
        self._loaded = False
        metas = yield from self._metas()
        if metas is None:
            return None
        self._documents.adopt(metas)
        self._loaded = True
        self._position, self._watermark = where_to_seek(self._documents), NOWHERE
        self._idled = self._reread = now
        return self._position

    def write(self, facts: Facts, start: int, stop: int, watermark: int) -> Steps[Written]:
        """Write what the log says from `start` up to, not including, `stop`.

        Args:
            facts: its rows in the order of `positions`; those that this fill already holds are skipped, so that one
                consumer may feed several fills.
            start: where the batch begins: where the one before it stopped, or below.
            stop: the consumer's position after it.
            watermark: as in `calls.Applied`.
        """
        if leaves_out(self._position, start):
            return self._end(Outcome.RELOAD)
        outcome = yield from self._guarded(self._write(facts, stop, watermark))
        if outcome is Outcome.DONE:
            self._position, self._watermark = max(stop, self._position), watermark
        return self._end(outcome)

    def begins(self, position: int) -> None:
        """Take in where the log begins, from a consumer who sought its beginning and has found no event yet."""
        if self._position == NOWHERE:
            self._position = position

    def idle(self, now: int, watermark: int) -> Steps[Written]:
        """Every few seconds, move the offset and watermark of shards that had no events; call it in every round."""
        if self._position == NOWHERE or 0 <= now - self._idled < IDLE_EVERY:
            return self._end(Outcome.DONE)
        self._idled = now
        return self._end((yield from self._guarded(self._documents.advance(self._position, watermark))))

    def reread(self, now: int) -> Steps[Written]:
        """Every second, look whether every shard still stands where this writer left it: a store may have lost data."""
        if 0 <= now - self._reread < REREAD_EVERY:
            return self._end(Outcome.DONE)
        self._reread = now
        return self._end((yield from self._guarded(self._compare())))

    def _write(self, facts: Facts, stop: int, watermark: int) -> Steps[Outcome]:
        assert facts.positions is not None
        lacking = self._documents.lacking(facts)
        if not lacking.all():
            facts = facts.take(lacking)
        assert facts.positions is not None
        for rows, end in runs(facts.positions, stop, *self._documents.places(facts)):
            run = facts if rows == slice(0, len(facts)) else facts.take(np.arange(rows.start, rows.stop))
            mark = mark_of(end, stop, self._watermark, watermark)
            outcome = yield from self._documents.write(run, end, mark)
            if outcome is not Outcome.DONE:
                return outcome
        return Outcome.DONE

    def _compare(self) -> Steps[Outcome]:
        metas = yield from self._metas()
        if metas is None:
            return Outcome.GONE
        return Outcome.DONE if self._documents.agrees(metas) else Outcome.RELOAD

    def _metas(self) -> Steps[list[Meta] | None]:
        metas = []
        for shard in self.fill.all_shards:
            meta = yield ReadMeta(shard)
            if meta is None:
                return None
            metas.append(meta)
        return metas

    def _guarded(self, steps: Steps[Outcome]) -> Steps[Outcome]:
        """Take steps; after a store's error nothing is believed any more, as they may or may not have been applied."""
        if not self._loaded:
            return Outcome.RELOAD
        try:
            return (yield from steps)
        except StoreUnavailable:
            return Outcome.RELOAD

    def _end(self, outcome: Outcome) -> Written:
        self._loaded = self._loaded and outcome is Outcome.DONE
        grown = tuple(sorted(self._documents.grown))
        self._documents.grown.clear()
        return Written(outcome, grown)


def where_to_seek(documents: Blind) -> int:
    """Return where the consumer goes on: from the shard that is farthest behind."""
    return documents.least()


def leaves_out(position: int, start: int) -> bool:
    """Return whether a batch begins behind what was consumed before it, so that there is a gap."""
    return position != NOWHERE and start > position


def mark_of(end: int, stop: int, before: int, after: int) -> int:
    """Return the watermark of a run that ends at an offset: the batch's holds when all of the batch is written."""
    return after if end == stop else before
