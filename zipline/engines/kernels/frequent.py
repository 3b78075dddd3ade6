"""Find the most frequent values of every window.

Codes are kept in an array by falling count, in which codes of one count form a block. One more of a code
swaps it with the first of its block and moves the border between the blocks by one; one less is the same
backwards (as in least-frequently-used caches; Shah, Mitra and Matani, 2010). So the k most frequent are the
first k, but for the choice among equals at the end.
"""

from __future__ import annotations

import numpy as np

from zipline.engines.kernels.arrays import Integers, Values
from zipline.engines.kernels.distinct import window_distinct
from zipline.engines.kernels.heap import keep_least, sort_heap
from zipline.engines.kernels.jit import kernel
from zipline.engines.kernels.sliding import Sliding, list_offsets

CODE_BITS = 32
CODE_MASK = (1 << CODE_BITS) - 1
MOST = (1 << 31) - 1


@kernel
def _swap(ranked: Values, place: Values, code: int, position: int) -> None:
    other, old = ranked[position], place[code]
    ranked[old], ranked[position] = other, code
    place[other], place[code] = old, position


@kernel
def _enter(counts: Values, place: Values, ranked: Values, above: Values, code: int) -> None:
    """Count a code once more; ``above[c]`` is the number of codes that count more than `c`."""
    count = counts[code]
    if count == 0:
        place[code] = above[0]
        ranked[above[0]] = code
    else:
        _swap(ranked, place, code, above[count])
    above[count] += 1
    counts[code] = count + 1


@kernel
def _leave(counts: Values, place: Values, ranked: Values, above: Values, code: int) -> None:
    count = counts[code] - 1
    above[count] -= 1
    _swap(ranked, place, code, above[count])
    counts[code] = count


@kernel
def _clear(counts: Values, ranked: Values, above: Values) -> None:
    for position in range(above[0]):
        counts[ranked[position]] = 0
    count = 0
    while above[count] > 0:
        above[count] = 0
        count += 1


@kernel
def _choose(
    counts: Values, ranked: Values, above: Values, size: int, by_code: bool, chosen: Integers
) -> None:
    """Leave the `size` most frequent codes in `chosen`, each as its order above its code or its count."""
    least = counts[ranked[size - 1]]
    found = 0
    for position in range(above[least]):
        code = np.int64(ranked[position])
        found = keep_least(chosen, found, size, ((MOST - counts[code]) << CODE_BITS) | code)
    tied = (MOST - np.int64(least)) << CODE_BITS
    for position in range(above[least], above[least - 1]):
        if found < size or tied | ranked[position] < chosen[0]:
            found = keep_least(chosen, found, size, tied | ranked[position])
    sort_heap(chosen, size)
    if by_code:
        for i in range(size):
            code, count = chosen[i] & CODE_MASK, MOST - (chosen[i] >> CODE_BITS)
            keep_least(chosen, i, size, (code << CODE_BITS) | count)
        sort_heap(chosen, size)


@kernel
def _slide(
    entering: Values, leaving: Values, lo: Integers, hi: Integers, starts: Integers, begins: Integers,
    contiguous: bool, counts: Values, place: Values, ranked: Values, above: Values, chosen: Integers,
    by_code: bool, offsets: Integers, out_codes: Values, out_counts: Integers, first: int, last: int,
) -> None:  # fmt: skip
    for key in range(first, last):
        entered = left = begins[key]
        for j in range(starts[key], starts[key + 1]):
            while contiguous and left < lo[j] and left < entered:
                _leave(counts, place, ranked, above, leaving[left])
                left += 1
            if contiguous and left < lo[j]:
                entered = left = lo[j]
            while entered < hi[j]:
                _enter(counts, place, ranked, above, entering[entered])
                entered += 1
            while left < lo[j]:
                _leave(counts, place, ranked, above, leaving[left])
                left += 1
            size = offsets[j + 1] - offsets[j]
            if size > 0:
                _choose(counts, ranked, above, size, by_code, chosen)
            for i in range(size):
                code = chosen[i] >> CODE_BITS if by_code else chosen[i] & CODE_MASK
                out_codes[offsets[j] + i] = code
                out_counts[offsets[j] + i] = counts[code]
        _clear(counts, ranked, above)


def window_frequent(
    codes: Values,
    size: int,
    k: int,
    windows: Sliding,
    *,
    by_code: bool = False,
    distinct: Integers | None = None,
) -> tuple[Integers, Values, Integers]:
    """Return the `k` most frequent codes of every window, as (offsets, codes, counts).

    Equally frequent ones count by code, the smaller first. Those of observation `j` are at ``offsets[j]`` to
    ``offsets[j + 1]``, by falling count, or `by_code`. `codes` are integers in ``[0, size)`` in the order of
    their values; `size` and the number of events are below 2**31. `distinct` is what `window_distinct` gives,
    where it is known.
    """
    if distinct is None:
        distinct = window_distinct(codes, size, windows)
    offsets = list_offsets(np.minimum(distinct, k))
    out_codes = np.empty(offsets[-1], codes.dtype)
    out_counts = np.empty(offsets[-1], np.int64)
    entering, leaving = windows.in_order(codes)
    most = int(distinct.max(initial=0))

    def make() -> tuple[Values, Values, Values, Values, Integers]:
        counts, place = np.zeros(size, np.int32), np.empty(size, np.int32)
        ranked = np.empty(min(size, windows.longest) + 1, np.int32)
        return (
            counts,
            place,
            ranked,
            np.zeros(windows.longest + 2, np.int32),
            np.empty(min(k, most), np.int64),
        )

    def slide(space: tuple[Values, Values, Values, Values, Integers], first: int, last: int) -> None:
        _slide(
            entering, leaving, windows.lo, windows.hi, windows.starts, windows.begins, windows.contiguous,
            *space, by_code, offsets, out_codes, out_counts, first, last,
        )  # fmt: skip

    windows.run(make, slide)
    return offsets, out_codes, out_counts
