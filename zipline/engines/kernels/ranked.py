"""Find the first or last few events of every window by any order: of values, or of time.

The events of a key are ranked once. A sliding bitmap of the ranks that a window holds gives its greatest
and, from each, the one below: a few words are read whatever the window's size. Needed where a window is not
a contiguous range of events, and for the k greatest where it is.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from zipline.engines.kernels.arrays import Integers, Values, Words, empty
from zipline.engines.kernels.bitmap import at_most, empty_set, insert, levels, remove
from zipline.engines.kernels.grouping import group_rows
from zipline.engines.kernels.jit import kernel, run_ranges
from zipline.engines.kernels.sliding import Sliding, list_offsets


@dataclass(frozen=True)
class Ranks:
    """An order of the events inside each key.

    Attributes:
        rank: of every event, its place among all events: a permutation that moves none out of its key.
        by_rank: the event at every place.
    """

    rank: Integers
    by_rank: Integers


def rank_events(keys: Values, order_keys: Integers, groups: int, threads: int | None = None) -> Ranks:
    """Rank events by (key, order key); equal ones stay in their order.

    `keys` are non-decreasing integers in ``[0, groups)``, `order_keys` int64.

    >>> rank_events(np.array([0, 0, 1]), np.array([9, 5, 7]), 2).rank.tolist()
    [1, 0, 2]
    """
    by_rank = group_rows(keys, order_keys, groups, threads=threads).order
    rank = empty(len(by_rank), np.int64)
    run_ranges(lambda start, stop: _invert(by_rank, rank, start, stop), len(rank), threads)
    return Ranks(rank, by_rank)


@kernel
def _invert(by_rank: Integers, rank: Integers, start: int, stop: int) -> None:
    for place in range(start, stop):
        rank[by_rank[place]] = place


@kernel
def _slide(
    rank: Integers, enter: Integers, leave: Integers, lo: Integers, hi: Integers, starts: Integers,
    begins: Integers, event_starts: Integers, contiguous: bool, lowest: bool, words: Words, base: Integers,
    offsets: Integers, out: Integers, first: int, last: int,
) -> None:  # fmt: skip
    for key in range(first, last):
        # Bits count from the first rank upwards, or for the lowest from the last one downwards.
        sign = -1 if lowest else 1
        origin = event_starts[key + 1] - 1 if lowest else event_starts[key]
        top = event_starts[key + 1] - 1 - event_starts[key]
        entered = left = begins[key]
        for j in range(starts[key], starts[key + 1]):
            while contiguous and left < lo[j] and left < entered:
                remove(words, base, (rank[left] - origin) * sign)
                left += 1
            if contiguous and left < lo[j]:
                entered = left = lo[j]
            while entered < hi[j]:
                event = entered if contiguous else enter[entered]
                insert(words, base, (rank[event] - origin) * sign)
                entered += 1
            while left < lo[j]:
                event = left if contiguous else leave[left]
                remove(words, base, (rank[event] - origin) * sign)
                left += 1
            bit = top + 1
            for position in range(offsets[j], offsets[j + 1]):
                bit = at_most(words, base, bit - 1)
                out[position] = bit * sign + origin
        for position in range(left if contiguous else begins[key], entered):
            event = position if contiguous else enter[position]
            remove(words, base, (rank[event] - origin) * sign)


def window_ranked(
    ranks: Ranks | None, k: int, windows: Sliding, *, lowest: bool = False
) -> tuple[Integers, Integers]:
    """Return the `k` events of highest rank in every window, or of lowest, as (offsets, events).

    The events of observation `j` are at ``offsets[j]`` to ``offsets[j + 1]``, the most extreme first; there
    are fewer than `k` where the window holds fewer. Without `ranks` events are ranked by their position:
    the last and the first ones.
    """
    offsets = list_offsets(np.minimum(windows.hi - windows.lo, k))
    out = empty(offsets[-1], np.int64)
    rank = np.arange(windows.event_starts[-1]) if ranks is None else ranks.rank
    enter, leave = (rank, rank) if windows.orders is None else (windows.orders.enter, windows.orders.leave)
    base = levels(windows.longest)

    def slide(words: Words, first: int, last: int) -> None:
        _slide(
            rank, enter, leave, windows.lo, windows.hi, windows.starts, windows.begins, windows.event_starts,
            windows.contiguous, lowest, words, base, offsets, out, first, last,
        )  # fmt: skip

    windows.run(lambda: empty_set(base), slide)
    return offsets, out if ranks is None else ranks.by_rank[out]


def window_extreme(ranks: Ranks | None, windows: Sliding, *, lowest: bool = False) -> Integers:
    """Return the event of highest rank in every window, or of lowest; -1 where a window is empty."""
    offsets, events = window_ranked(ranks, 1, windows, lowest=lowest)
    out = np.full(len(windows.lo), -1, np.int64)
    out[np.diff(offsets) > 0] = events
    return out


@kernel
def _edges(lo: Integers, hi: Integers, offsets: Integers, first: bool, out: Integers) -> None:
    for j in range(len(lo)):
        for i in range(offsets[j + 1] - offsets[j]):
            out[offsets[j] + i] = lo[j] + i if first else hi[j] - 1 - i


def contiguous_edges(lo: Integers, hi: Integers, k: int, *, first: bool = False) -> tuple[Integers, Integers]:
    """Return the last `k` events of windows ``[lo, hi)``, newest first, or the first: (offsets, events)."""
    offsets = list_offsets(np.minimum(hi - lo, k))
    out = np.empty(offsets[-1], np.int64)
    _edges(lo, hi, offsets, first, out)
    return offsets, out
