"""List the distinct values of every window, in their order, with how often each occurs."""

from __future__ import annotations

import numpy as np

from zipline.engines.kernels.arrays import Integers, Values, Words
from zipline.engines.kernels.bitmap import at_least, empty_set, insert, levels, remove
from zipline.engines.kernels.distinct import window_distinct
from zipline.engines.kernels.jit import kernel
from zipline.engines.kernels.sliding import Sliding, list_offsets


@kernel
def _enter(counts: Values, words: Words, base: Integers, code: int) -> None:
    if counts[code] == 0:
        insert(words, base, code)
    counts[code] += 1


@kernel
def _leave(counts: Values, words: Words, base: Integers, code: int) -> None:
    counts[code] -= 1
    if counts[code] == 0:
        remove(words, base, code)


@kernel
def _slide(
    entering: Values, leaving: Values, lo: Integers, hi: Integers, starts: Integers, begins: Integers,
    contiguous: bool, counts: Values, words: Words, base: Integers, offsets: Integers, out_codes: Values,
    out_counts: Integers, first: int, last: int,
) -> None:  # fmt: skip
    for key in range(first, last):
        entered = left = begins[key]
        for j in range(starts[key], starts[key + 1]):
            while contiguous and left < lo[j] and left < entered:
                _leave(counts, words, base, leaving[left])
                left += 1
            if contiguous and left < lo[j]:
                entered = left = lo[j]
            while entered < hi[j]:
                _enter(counts, words, base, entering[entered])
                entered += 1
            while left < lo[j]:
                _leave(counts, words, base, leaving[left])
                left += 1
            code = -1
            for position in range(offsets[j], offsets[j + 1]):
                code = at_least(words, base, code + 1)
                out_codes[position] = code
                out_counts[position] = counts[code]
        for position in range(left if contiguous else begins[key], entered):
            counts[entering[position]] = 0
            remove(words, base, entering[position])


def window_present(codes: Values, size: int, windows: Sliding) -> tuple[Integers, Values, Integers]:
    """Return the distinct codes of every window, ascending, and their counts, as (offsets, codes, counts).

    Those of observation `j` are at ``offsets[j]`` to ``offsets[j + 1]``. `codes` are integers in ``[0,
    size)``.
    """
    offsets = list_offsets(window_distinct(codes, size, windows))
    out_codes = np.empty(offsets[-1], codes.dtype)
    out_counts = np.empty(offsets[-1], np.int64)
    entering, leaving = windows.in_order(codes)
    base = levels(size)

    def slide(space: tuple[Values, Words], first: int, last: int) -> None:
        _slide(
            entering, leaving, windows.lo, windows.hi, windows.starts, windows.begins, windows.contiguous,
            *space, base, offsets, out_codes, out_counts, first, last,
        )  # fmt: skip

    windows.run(lambda: (np.zeros(size, np.int32), empty_set(base)), slide)
    return offsets, out_codes, out_counts
