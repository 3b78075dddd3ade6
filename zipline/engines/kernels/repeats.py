"""Find numbers that occur more than once, or may: a bitmap of those seen, as a Bloom filter of one hash keeps it.

A number that is dense among its like, such as a counted id, has a bit of its own: then what is found is exact. Others
share bits by chance, so what is found holds all repeated numbers and some more.
"""

from __future__ import annotations

import numpy as np

from zipline.engines.kernels.arrays import Booleans, Words
from zipline.engines.kernels.jit import kernel
from zipline.engines.kernels.wide import ONE

BITS = np.uint64(27)  # of a place: 16 MB for all
_PLACE = (ONE << BITS) - ONE
_SPREAD = np.uint64(0x9E3779B97F4A7C15)  # numbers far apart in steps of 2**27 do not all share one bit
_BIT, _SHIFT = np.uint64(63), np.uint64(6)


class Repeats:
    """What has been seen of a stream of numbers.

    >>> repeats = Repeats()
    >>> repeats.again(np.array([7, 8, 7], np.uint64)).tolist(), repeats.again(np.array([8], np.uint64)).tolist()
    ([False, False, True], [True])
    """

    def __init__(self) -> None:
        self._seen = np.zeros(1 << int(BITS - _SHIFT), np.uint64)

    def again(self, numbers: Words) -> Booleans:
        """Return which numbers have been seen before, in this call or an earlier one; a few are only taken to have."""
        found = np.empty(len(numbers), np.bool_)
        _again(numbers, self._seen, found)
        return found


@kernel
def _again(numbers: Words, seen: Words, found: Booleans) -> None:
    for i in range(len(numbers)):
        place = (numbers[i] + (numbers[i] >> BITS) * _SPREAD) & _PLACE
        word, bit = np.int64(place >> _SHIFT), ONE << (place & _BIT)
        found[i] = seen[word] & bit != np.uint64(0)
        seen[word] |= bit
