"""The events that are inputs of one aggregation: dense, in the order of their keys and times."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pyarrow as pa

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
        positions: the timeline's position of each input, in the order of the stream; None where all are as they were.
    """

    timeline: Timeline
    kept: Booleans | None
    positions: Integers | None

    def __len__(self) -> int:
        return len(self.timeline.event_times if self.positions is None else self.positions)

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
        if self.positions is None:
            return whole
        kept = self.kept
        if kept is None:
            if whole.orders is None:
                return whole
            kept = np.ones(len(self), np.bool_)
        place = np.empty(len(kept) + 1, np.int64)
        place[self.positions] = np.arange(len(self))
        return whole.restricted(kept, self.before, place)

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
        return Stream(timeline, None, None)
    in_order = kept[timeline.order]
    return Stream(timeline, in_order, np.flatnonzero(in_order))


def take(column: pa.Array, rows: Integers, threads: int | None = None) -> pa.Array:
    """Return rows of a column; -1 gives null."""
    if len(rows) and int(rows.min()) < 0:
        return column.take(pa.array(rows, mask=rows < 0))
    if column.null_count == 0 and (pa.types.is_floating(column.type) or pa.types.is_integer(column.type)):
        return pa.array(gather(column.to_numpy(), rows, threads))
    return column.take(pa.array(rows))
