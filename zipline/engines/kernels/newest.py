"""Find the newest event of each of the last k distinct values in every window, or the oldest of the first k.

Two sliding bitmaps. One holds the window's events in the order of (value, position), so that the neighbours
of an event with its value are a few words away; the other, by position, only the newest event of each
value. What enters or leaves changes at most two members of the second, and the answer is its last k: no
window is ever walked through.
"""

from __future__ import annotations

import numpy as np

from zipline.engines.kernels.arrays import Integers, Values, Words
from zipline.engines.kernels.bitmap import at_least, at_most, contains, empty_set, insert, levels, remove
from zipline.engines.kernels.distinct import window_distinct
from zipline.engines.kernels.jit import kernel
from zipline.engines.kernels.ranked import Ranks, rank_events
from zipline.engines.kernels.sliding import Sliding, list_offsets


@kernel
def _enter(
    codes: Values, rank: Integers, by_rank: Integers, origin: int, sign: int, held: Words, newest: Words,
    base: Integers, event: int,
) -> None:  # fmt: skip
    bit = (rank[event] - origin) * sign
    insert(held, base, bit)
    newer = at_least(held, base, bit + 1)
    if newer >= 0 and codes[by_rank[newer * sign + origin]] == codes[event]:
        return
    insert(newest, base, (event - origin) * sign)
    older = at_most(held, base, bit - 1)
    if older >= 0 and codes[by_rank[older * sign + origin]] == codes[event]:
        remove(newest, base, (by_rank[older * sign + origin] - origin) * sign)


@kernel
def _leave(
    codes: Values, rank: Integers, by_rank: Integers, origin: int, sign: int, held: Words, newest: Words,
    base: Integers, event: int,
) -> None:  # fmt: skip
    bit = (rank[event] - origin) * sign
    remove(held, base, bit)
    if not contains(newest, (event - origin) * sign):
        return
    remove(newest, base, (event - origin) * sign)
    older = at_most(held, base, bit - 1)
    if older >= 0 and codes[by_rank[older * sign + origin]] == codes[event]:
        insert(newest, base, (by_rank[older * sign + origin] - origin) * sign)


@kernel
def _slide(
    codes: Values, rank: Integers, by_rank: Integers, enter: Integers, leave: Integers, lo: Integers, hi:
    Integers, starts: Integers, begins: Integers, event_starts: Integers, contiguous: bool, oldest: bool,
    held: Words, newest: Words, base: Integers, offsets: Integers, out: Integers, first: int, last: int,
) -> None:  # fmt: skip
    sign = -1 if oldest else 1
    for key in range(first, last):
        origin = event_starts[key + 1] - 1 if oldest else event_starts[key]
        top = event_starts[key + 1] - 1 - event_starts[key]
        entered = left = begins[key]
        for j in range(starts[key], starts[key + 1]):
            while contiguous and left < lo[j] and left < entered:
                _leave(codes, rank, by_rank, origin, sign, held, newest, base, leave[left])
                left += 1
            if contiguous and left < lo[j]:
                entered = left = lo[j]
            while entered < hi[j]:
                _enter(codes, rank, by_rank, origin, sign, held, newest, base, enter[entered])
                entered += 1
            while left < lo[j]:
                _leave(codes, rank, by_rank, origin, sign, held, newest, base, leave[left])
                left += 1
            bit = top + 1
            for position in range(offsets[j], offsets[j + 1]):
                bit = at_most(newest, base, bit - 1)
                out[position] = bit * sign + origin
        for position in range(left if contiguous else begins[key], entered):
            remove(held, base, (rank[enter[position]] - origin) * sign)
            remove(newest, base, (enter[position] - origin) * sign)


def rank_by_code(codes: Values, event_starts: Integers, threads: int | None = None) -> Ranks:
    """Rank the events of each key by (code, position): what `window_newest` needs for any window."""
    keys = np.repeat(np.arange(len(event_starts) - 1), np.diff(event_starts))
    return rank_events(keys, codes.astype(np.int64, copy=False), len(event_starts) - 1, threads)


def window_newest(
    codes: Values, size: int, ranks: Ranks, k: int, windows: Sliding, *, oldest: bool = False
) -> tuple[Integers, Integers]:
    """Return the newest event of each of the last `k` distinct codes of every window: (offsets, events).

    Newest first. With `oldest`, the oldest events of the first `k` distinct codes, oldest first. `codes`
    are integers in ``[0, size)``, `ranks` what `rank_by_code` gives for them.
    """
    offsets = list_offsets(np.minimum(window_distinct(codes, size, windows), k))
    out = np.empty(offsets[-1], np.int64)
    enter, leave = windows.in_order(np.arange(len(codes)))
    base = levels(windows.longest)

    def slide(space: tuple[Words, Words], first: int, last: int) -> None:
        _slide(
            codes, ranks.rank, ranks.by_rank, enter, leave, windows.lo, windows.hi, windows.starts,
            windows.begins, windows.event_starts, windows.contiguous, oldest, *space, base, offsets, out,
            first, last,
        )  # fmt: skip

    windows.run(lambda: (empty_set(base), empty_set(base)), slide)
    return offsets, out
