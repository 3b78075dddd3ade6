"""Which events each observation sees: positions in the orders in which events enter and leave a window.

An event is visible to an observation at `t` while `enter < t <= leave`. In the ordinary case (no late data, no
corrections) both orders are that of event time, and a window is the contiguous range `[lo, hi)` of events.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from zipline.dsl.window import Window
from zipline.engines.kernels.additive import Orders
from zipline.engines.kernels.arrays import Booleans, Integers, empty
from zipline.engines.kernels.jit import kernel, run_each
from zipline.engines.kernels.passages import FOREVER, Passage, entering, leaving
from zipline.engines.kernels.ranges import balanced
from zipline.engines.kernels.timeline import Timeline

__all__ = ["FOREVER", "Schedule", "running", "schedule"]


@dataclass(frozen=True)
class Schedule:
    """The events of each observation's window.

    Attributes:
        lo: int64[m], how many of the `leave` order have left before the observation, counted from the column's start.
        hi: int64[m], how many of the `enter` order have entered.
        orders: the two orders, or None where both are that of the events: the window is `[lo, hi)`.
    """

    lo: Integers
    hi: Integers
    orders: Orders | None = None

    def restricted(self, kept: Booleans | None, place: Integers) -> Schedule:
        """Return the schedule over a part of the events, of one that has orders.

        Args:
            kept: which events are in the part; None where all are.
            place: of every kept event, its position in the part.
        """
        assert self.orders is not None
        enter, leave = self.orders.enter, self.orders.leave
        if kept is None:
            return Schedule(self.lo, self.hi, Orders(place[enter], place[leave]))
        entering, leaving = kept[enter], kept[leave]
        orders = Orders(place[enter[entering]], place[leave[leaving]])
        return Schedule(running(leaving)[self.lo], running(entering)[self.hi], orders)


def running(kept: Booleans) -> Integers:
    """Return how many are true before each position, and in all: length n + 1."""
    counts = np.zeros(len(kept) + 1, np.int64)
    np.cumsum(kept, out=counts[1:])
    return counts


def schedule(timeline: Timeline, window: Window) -> Schedule:
    """Return the schedule of a window over a timeline's events and observations."""
    if (timeline.known is None or timeline.hindsight) and timeline.until is None:
        return _contiguous(timeline, window)
    entered = entering(timeline, window)
    left = leaving(timeline, window, entered)
    hi = _passed(entered, timeline, window)
    lo = _passed(left, timeline, window)
    if entered.in_place and left.in_place:
        return Schedule(lo, hi)
    return Schedule(lo, hi, Orders(entered.order, left.order))


def _contiguous(timeline: Timeline, window: Window) -> Schedule:
    m = len(timeline.times)
    lo, hi = empty(m, np.int64), empty(m, np.int64)
    length = -1 if window.length_us is None else window.length_us

    def run(first: int, last: int) -> None:
        _bounds(
            timeline.event_times, timeline.event_starts, timeline.times, timeline.starts, length, window.offset_us,
            window.hop_us, window.align_us, lo, hi, first, last,
        )  # fmt: skip

    run_each(run, balanced(timeline.event_starts + timeline.starts, timeline.threads), timeline.threads)
    return Schedule(lo, hi)


@kernel
def _advance(times: Integers, start: int, stop: int, bound: int) -> int:
    """Return the first position in `[start, stop)` whose time is not before `bound`, by galloping from `start`."""
    if start >= stop or times[start] >= bound:
        return start
    low, step = start, 1
    while low + step < stop and times[low + step] < bound:
        low += step
        step += step
    high = min(low + step, stop)
    while high - low > 1:
        middle = (low + high) >> 1
        if times[middle] < bound:
            low = middle
        else:
            high = middle
    return high


@kernel
def _bounds(
    event_times: Integers, event_starts: Integers, times: Integers, starts: Integers, length: int, offset: int,
    hop: int, align: int, lo: Integers, hi: Integers, first: int, last: int,
) -> None:  # fmt: skip
    for key in range(first, last):
        low = high = event_starts[key]
        end = event_starts[key + 1]
        for j in range(starts[key], starts[key + 1]):
            t = times[j]
            if align > 0:
                t -= t % align
            upper = t - offset
            lower = upper - length
            if hop > 0:
                lower -= lower % hop
                if offset > 0:
                    upper -= upper % hop
            high = _advance(event_times, high, end, upper)
            if length >= 0:
                low = _advance(event_times, low, high, lower)
            lo[j] = low
            hi[j] = high


@kernel
def _count_passed(
    moments: Integers, moment_starts: Integers, times: Integers, starts: Integers, align: int, counts: Integers,
    first: int, last: int,
) -> None:  # fmt: skip
    for key in range(first, last):
        position, end = moment_starts[key], moment_starts[key + 1]
        for j in range(starts[key], starts[key + 1]):
            t = times[j]
            if align > 0:
                t -= t % align
            position = _advance(moments, position, end, t)
            counts[j] = position


def _passed(passage: Passage, timeline: Timeline, window: Window) -> Integers:
    """Return, for each observation, how many of its key's moments (and of all keys before) lie before it."""
    if window.align_us in passage.counts:
        return passage.counts[window.align_us]
    counts = empty(len(timeline.times), np.int64)

    def run(first: int, last: int) -> None:
        _count_passed(
            passage.times, timeline.event_starts, timeline.times, timeline.starts, window.align_us, counts,
            first, last,
        )  # fmt: skip

    run_each(run, balanced(timeline.event_starts + timeline.starts, timeline.threads), timeline.threads)
    passage.counts[window.align_us] = counts
    return counts
