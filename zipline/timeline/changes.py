"""The moments at which features can change: where an event enters or leaves one of their windows.

An event is seen while `enter < t <= leave`, strictly after it happened and became known: so a value changes one
microsecond after a moment of entering or leaving, and holds from that microsecond on.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from zipline.aggregations import TimeSinceFirst, TimeSinceLast
from zipline.aggregations.decayed import Decayed
from zipline.dsl.aggregation import Aggregation
from zipline.dsl.window import Window
from zipline.engines.base import Events
from zipline.engines.kernels.arrays import Integers
from zipline.engines.kernels.passages import FOREVER, entering, leaving
from zipline.engines.kernels.timeline import timeline
from zipline.plan.nodes import Column, Plan

_NONE = np.zeros(0, np.int64)


class Moments:
    """Distinct moments in `(first, last]`, collected until there are more than `most`."""

    def __init__(self, first: int, last: int, most: int) -> None:
        self.first = first
        self.last = last
        self.most = most
        self.times: Integers = _NONE

    def add(self, times: Integers) -> None:
        """Add those of some moments that lie inside."""
        inside = times[(times > self.first) & (times <= self.last)]
        self.times = np.union1d(self.times, inside)

    def add_grid(self, step: int) -> None:
        """Add the moments of a grid, or as many as show that they are too many."""
        start = self.first + step - self.first % step
        self.add(np.arange(start, min(self.last, start + step * self.most) + 1, step, dtype=np.int64))

    @property
    def are_too_many(self) -> bool:
        """Whether there are more than `most`."""
        return len(self.times) > self.most


def changes_of(events: Events) -> Iterator[Integers]:
    """Yield the moments from which an event is seen, or not seen any more, by some feature of the events' sweep."""
    n = len(events.times)
    line = timeline(
        np.zeros(n, np.int64), events.times, events.known, events.until, _NONE, _NONE, 1, threads=1
    )
    asked = {
        (column.feature.window.meaning, column.feature.aggregation.where): column.feature.window
        for column in events.sweep.columns
    }
    for (_, where), window in asked.items():
        entered = entering(line, window)
        left = leaving(line, window, entered)
        kept = left.moments > entered.moments
        if where is not None:
            kept &= events.masks[where][line.order]
        yield from _seen(entered.moments[kept], left.moments[kept], window)


def _seen(entered: Integers, left: Integers, window: Window) -> Iterator[Integers]:
    """Yield the first moments at which events are seen, and those at which they are not seen any more."""
    ever = left < FOREVER
    appear = _on_grid(entered + 1, window.align_us)
    vanish = np.full(len(left), FOREVER)
    vanish[ever] = _on_grid(left[ever] + 1, window.align_us)
    shown = appear < vanish  # with `align`, an event may come and go between two steps of the grid
    yield appear[shown]
    yield vanish[shown & ever]


def _on_grid(times: Integers, step: int) -> Integers:
    return times + -times % step if step else times


def clock_steps(plan: Plan) -> set[int]:
    """Return the grids on which features change that read the clock of an aligned window."""
    return {
        column.feature.window.align_us
        for column in _columns(plan)
        if reads_clock(column.feature.aggregation) and column.feature.window.align_us
    }


def continuous(plan: Plan) -> list[str]:
    """Return the outputs that change at every instant: they fade, tell an age, or are derived from such."""
    found = {
        column.name
        for column in _columns(plan)
        if reads_clock(column.feature.aggregation) and not column.feature.window.align_us
    }
    for derived in plan.root.columns:
        if any(source in found for _, source in derived.columns):
            found.add(derived.name)
    return [name for name in plan.root.outputs if name in found]


def reads_clock(aggregation: Aggregation) -> bool:
    """Return whether a result depends on when it is asked for, beside the events that are seen."""
    return isinstance(aggregation, (Decayed, TimeSinceFirst, TimeSinceLast))


def _columns(plan: Plan) -> list[Column]:
    return [column for sweep in plan.sweeps for column in sweep.columns]
