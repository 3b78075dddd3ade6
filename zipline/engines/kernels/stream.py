"""The events that are inputs of one aggregation: dense, in the order of their keys and times."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pyarrow as pa

from zipline.engines.kernels.additive import Orders
from zipline.engines.kernels.arrays import Booleans, Integers
from zipline.engines.kernels.grouping import gather
from zipline.engines.kernels.schedule import Schedule, running
from zipline.engines.kernels.timeline import Timeline


@dataclass(frozen=True)
class Stream:
    """Some of a timeline's events, and where they stand.

    Attributes:
        timeline: all events.
        kept: which events are inputs; None where all are.
        arranged: the timeline's position of each input, where their order is not the timeline's.
    """

    timeline: Timeline
    kept: Booleans | None
    arranged: Integers | None = None

    def __len__(self) -> int:
        return int(self.starts[-1])

    @cached_property
    def positions(self) -> Integers | None:
        """The timeline's position of each input; None where all are inputs in its order."""
        if self.arranged is not None or self.kept is None:
            return self.arranged
        return np.flatnonzero(self.kept)

    @cached_property
    def before(self) -> Integers:
        """How many inputs lie before each event of the timeline; length n + 1."""
        n = len(self.timeline.event_times)
        return np.arange(n + 1) if self.kept is None else running(self.kept)

    @cached_property
    def starts(self) -> Integers:
        """Where each key's inputs start; length keys + 1."""
        starts = self.timeline.event_starts
        return starts if self.kept is None else self.before[starts]

    def of_events(self, values: Integers) -> Integers:
        """Return the inputs' part of what is known of every event, such as times."""
        return values if self.positions is None else values[self.positions]

    @property
    def rows(self) -> Integers:
        """The row of each input in the table that the sweep was given."""
        return self.of_events(self.timeline.order)

    def schedule(self, whole: Schedule) -> Schedule:
        """Return the part of the timeline's schedule that concerns the stream."""
        if whole.orders is None and self.arranged is not None and self.timeline.until is not None:
            # Events that enter together, and so may have been sorted by their values, need not leave together.
            every = np.arange(len(self.timeline.event_times))
            whole = Schedule(whole.lo, whole.hi, Orders(every, every))
        if whole.orders is None:
            return whole if self.kept is None else Schedule(self.before[whole.lo], self.before[whole.hi])
        positions = self.positions
        if positions is None:
            return whole
        place = np.empty(len(self.timeline.event_times), np.int64)
        place[positions] = np.arange(len(positions))
        return whole.restricted(self.kept, place)

    def sorted_in_ties(self, ranks: Integers) -> Stream:
        """Return the stream with inputs of one key, event time and knowledge time in the order of their values.

        Args:
            ranks: of the stream's values.
        """
        line = self.timeline
        codes, times = self.of_events(line.codes), self.of_events(line.event_times)
        tied = (codes[1:] == codes[:-1]) & (times[1:] == times[:-1])
        if line.known is not None:
            known = self.of_events(line.known)
            tied &= known[1:] == known[:-1]
        tied &= ranks[1:] != ranks[:-1]
        if not tied.any():
            return self
        order = self._tie_order(ranks)
        positions = np.arange(len(self)) if self.positions is None else self.positions
        return Stream(line, self.kept, positions[order])

    def _tie_order(self, ranks: Integers) -> Integers:
        line = self.timeline
        known = (ranks * 0) if line.known is None else self.of_events(line.known)
        return np.lexsort((ranks, known, self.of_events(line.event_times), self.of_events(line.codes)))


def stream(timeline: Timeline, kept: Booleans | None) -> Stream:
    """Return the stream of the events that are kept (given in input rows), or of all.

    Args:
        timeline: the events.
        kept: of every input row, whether its event is an input.
    """
    if kept is None or bool(kept.all()):
        return Stream(timeline, None)
    return Stream(timeline, gather(kept, timeline.order, timeline.threads))


def take(column: pa.Array, rows: Integers, threads: int | None = None) -> pa.Array:
    """Return rows of a column; -1 gives null."""
    if len(rows) and int(rows.min()) < 0:
        return column.take(pa.array(rows, mask=rows < 0))
    if column.null_count == 0 and (pa.types.is_floating(column.type) or pa.types.is_integer(column.type)):
        return pa.array(gather(column.to_numpy(), rows, threads))
    return column.take(pa.array(rows))
