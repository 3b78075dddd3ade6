"""Orders in which events enter and leave windows, where late data and corrections part them from the order of time.

Most events still enter and leave in the order of their times. The few that stray are taken out, sorted among
themselves, and merged back.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from zipline.dsl.window import Window
from zipline.engines.kernels.arrays import Booleans, Integers, empty
from zipline.engines.kernels.grouping import Grouping, group_rows
from zipline.engines.kernels.jit import kernel, run_each
from zipline.engines.kernels.ranges import balanced
from zipline.engines.kernels.sliding import list_offsets
from zipline.engines.kernels.timeline import Timeline

FOREVER = np.iinfo(np.int64).max
_NOT_GIVEN = np.zeros(0, np.int64)


@dataclass(frozen=True)
class Passage:
    """When events pass into windows, or out of them: an event has passed for an observation at `t` after its moment.

    Attributes:
        moments: int64[n], of every event of the timeline, in its order.
        order: the events by key and moment.
        times: their moments, in that order.
        in_place: that order is the timeline's.
        counts: an alignment -> how many have passed for each observation; shared by the windows that have it.
    """

    moments: Integers
    order: Integers
    times: Integers
    in_place: bool
    counts: dict[int, Integers] = field(default_factory=dict)


@kernel
def _entries(
    times: Integers, known: Integers, offset: int, hop: int, moments: Integers, strays: Booleans,
    starts: Integers, counts: Integers, first: int, last: int,
) -> None:  # fmt: skip
    """Set when events enter, which of them not in the order of time, and how many these are of every key."""
    for key in range(first, last):
        count = 0
        for i in range(starts[key], starts[key + 1]):
            # The window's upper end as a bound on t: e < upper(t) is t > head.
            e = times[i]
            head = e - e % hop + hop + offset - 1 if hop > 0 else e + offset
            moment = max(head, known[i]) if len(known) > 0 else head
            moments[i] = moment
            strays[i] = moment != head
            count += int(moment != head)
        counts[key] = count


@kernel
def _departures(
    times: Integers, entered: Integers, until: Integers, length: int, offset: int, hop: int, moments: Integers,
    strays: Booleans, starts: Integers, counts: Integers, first: int, last: int,
) -> None:  # fmt: skip
    """Set when events leave, as `_entries` does; those that never are visible leave as they enter."""
    for key in range(first, last):
        count = 0
        for i in range(starts[key], starts[key + 1]):
            # The window's lower end as a bound on t: e >= lower(t) is t <= tail.
            e = times[i]
            tail = FOREVER
            if length >= 0:
                tail = e - e % hop + hop + offset + length - 1 if hop > 0 else e + offset + length
            moment = min(tail, until[i]) if len(until) > 0 else tail
            moment = max(moment, entered[i])
            moments[i] = moment
            strays[i] = moment != tail
            count += int(moment != tail)
        counts[key] = count


@kernel
def _take_out(
    moments: Integers, strays: Booleans, starts: Integers, offsets: Integers, codes: Integers,
    positions: Integers, times: Integers, first: int, last: int,
) -> None:  # fmt: skip
    for key in range(first, last):
        place = offsets[key]
        for i in range(starts[key], starts[key + 1]):
            if strays[i]:
                codes[place], positions[place], times[place] = key, i, moments[i]
                place += 1


@kernel
def _merge(
    moments: Integers, strays: Booleans, starts: Integers, offsets: Integers, positions: Integers,
    sorted_strays: Integers, stray_times: Integers, order: Integers, times: Integers, first: int, last: int,
) -> bool:  # fmt: skip
    """Merge every key's strays with its other events; return whether all stand where they stood."""
    in_place = True
    for key in range(first, last):
        stray, end, place = offsets[key], offsets[key + 1], starts[key]
        for i in range(starts[key], starts[key + 1] + 1):
            is_end = i == starts[key + 1]
            if not is_end and strays[i]:
                continue
            while stray < end and (is_end or stray_times[stray] < moments[i]):
                order[place] = positions[sorted_strays[stray]]
                times[place] = stray_times[stray]
                in_place &= order[place] == place
                place += 1
                stray += 1
            if not is_end:
                order[place], times[place] = i, moments[i]
                in_place &= i == place
                place += 1
    return in_place


def entering(timeline: Timeline, window: Window) -> Passage:
    """Return when events become visible: one passage for all windows of an offset."""
    hop = window.hop_us if window.offset_us else 0
    identity = (window.offset_us, hop)
    found = timeline.entering.get(identity)
    if found is None:
        known = _NOT_GIVEN if timeline.known is None else timeline.known

        def mark(moments: Integers, strays: Booleans, counts: Integers, first: int, last: int) -> None:
            _entries(
                timeline.event_times, known, window.offset_us, hop, moments, strays, timeline.event_starts,
                counts, first, last,
            )  # fmt: skip

        found = timeline.entering[identity] = _passage(timeline, mark)
    assert isinstance(found, Passage)
    return found


def leaving(timeline: Timeline, window: Window, entered: Passage) -> Passage:
    """Return when events stop being visible."""
    until = _NOT_GIVEN if timeline.until is None else timeline.until
    length = -1 if window.length_us is None else window.length_us

    def mark(moments: Integers, strays: Booleans, counts: Integers, first: int, last: int) -> None:
        _departures(
            timeline.event_times, entered.moments, until, length, window.offset_us, window.hop_us, moments,
            strays, timeline.event_starts, counts, first, last,
        )  # fmt: skip

    return _passage(timeline, mark)


Mark = Callable[[Integers, Booleans, Integers, int, int], None]


def _passage(timeline: Timeline, mark: Mark) -> Passage:
    n, starts, threads = len(timeline.event_times), timeline.event_starts, timeline.threads
    ranges = balanced(starts, threads)
    moments, strays, counts = empty(n, np.int64), empty(n, np.bool_), np.zeros(timeline.keys, np.int64)
    run_each(lambda a, b: mark(moments, strays, counts, a, b), ranges, threads)
    offsets = list_offsets(counts)
    positions, found = _sorted_strays(timeline, moments, strays, offsets)
    order, times, in_place = empty(n, np.int64), empty(n, np.int64), []

    def merge(first: int, last: int) -> None:
        in_place.append(
            _merge(
                moments,
                strays,
                starts,
                offsets,
                positions,
                found.order,
                found.times,
                order,
                times,
                first,
                last,
            )
        )

    run_each(merge, ranges, threads)
    return Passage(moments, order, times, all(in_place))


def _sorted_strays(
    timeline: Timeline, moments: Integers, strays: Booleans, offsets: Integers
) -> tuple[Integers, Grouping]:
    """Return where the strays stand in the timeline, and how to sort them by key and moment."""
    count, threads = int(offsets[-1]), timeline.threads
    codes, positions, times = (empty(count, np.int64) for _ in range(3))
    run_each(
        lambda a, b: _take_out(
            moments, strays, timeline.event_starts, offsets, codes, positions, times, a, b
        ),
        balanced(timeline.event_starts, threads),
        threads,
    )
    return positions, group_rows(codes, times, timeline.keys, threads=threads)
