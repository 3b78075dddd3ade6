"""Number the distinct integers of a column in their order."""

from __future__ import annotations

import numpy as np

from zipline.engines.kernels.arrays import Booleans, Integers, Values, empty
from zipline.engines.kernels.jit import kernel, run_ranges

SPARSE = 1 << 20  # so many more possible integers than there are values still fit a table


@kernel
def _mark(keys: Integers, lowest: int, present: Booleans, start: int, stop: int) -> None:
    for i in range(start, stop):
        present[keys[i] - lowest] = True


@kernel
def _look_up(keys: Integers, lowest: int, places: Values, codes: Values, start: int, stop: int) -> None:
    for i in range(start, stop):
        codes[i] = places[keys[i] - lowest]


def dense(keys: Integers, threads: int | None = None) -> tuple[Integers, Values]:
    """Return the distinct keys in order, and the place of each key among them, int32[n].

    By a table of all integers between the least and the greatest where it is not much longer than the column.

    >>> found, codes = dense(np.array([7, -2, 7]))
    >>> found.tolist(), codes.tolist()
    ([-2, 7], [1, 0, 1])
    """
    lowest, highest = int(keys.min(initial=0)), int(keys.max(initial=0))
    if highest - lowest > SPARSE + 4 * len(keys):
        found, codes = np.unique(keys, return_inverse=True)
        return found, codes.astype(np.int32)
    present = np.zeros(highest - lowest + 1, np.bool_)
    run_ranges(lambda start, stop: _mark(keys, lowest, present, start, stop), len(keys), threads)
    places = np.cumsum(present, dtype=np.int32) - np.int32(1)
    codes = empty(len(keys), np.int32)
    run_ranges(lambda start, stop: _look_up(keys, lowest, places, codes, start, stop), len(keys), threads)
    return np.flatnonzero(present) + lowest, codes
