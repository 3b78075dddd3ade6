"""Count the distinct values of every window."""

from __future__ import annotations

import numpy as np

from zipline.engines.kernels.arrays import Integers, Values
from zipline.engines.kernels.jit import kernel
from zipline.engines.kernels.sliding import Sliding


@kernel
def _slide(
    entering: Values, leaving: Values, lo: Integers, hi: Integers, starts: Integers, begins: Integers,
    contiguous: bool, counts: Values, out: Integers, first: int, last: int,
) -> None:  # fmt: skip
    for key in range(first, last):
        distinct = 0
        entered = left = begins[key]
        for j in range(starts[key], starts[key + 1]):
            while contiguous and left < lo[j] and left < entered:
                counts[leaving[left]] -= 1
                distinct -= counts[leaving[left]] == 0
                left += 1
            if contiguous and left < lo[j]:
                entered = left = lo[j]
            while entered < hi[j]:
                distinct += counts[entering[entered]] == 0
                counts[entering[entered]] += 1
                entered += 1
            while left < lo[j]:
                counts[leaving[left]] -= 1
                distinct -= counts[leaving[left]] == 0
                left += 1
            out[j] = distinct
        for position in range(left if contiguous else begins[key], entered):
            counts[entering[position]] = 0


def window_distinct(codes: Values, size: int, windows: Sliding) -> Integers:
    """Return how many distinct codes each window holds, int64[m].

    `codes` are integers in ``[0, size)``, one for each event. O(events + observations) for a key, and one
    counter for each code and thread.
    """
    out = np.zeros(len(windows.lo), np.int64)
    entering, leaving = windows.in_order(codes)

    def slide(counts: Values, first: int, last: int) -> None:
        _slide(
            entering, leaving, windows.lo, windows.hi, windows.starts, windows.begins, windows.contiguous,
            counts, out, first, last,
        )  # fmt: skip

    windows.run(lambda: np.zeros(size, np.int32), slide)
    return out
