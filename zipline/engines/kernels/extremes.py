"""Find the least or greatest value of many ranges of one column: a range minimum query.

The column is cut into blocks. A sparse table (Bender and Farach-Colton, 2000) holds, for every block and
every power of two, the least value of that many blocks; two overlapping entries cover the whole blocks of a
range, and what is left at its ends is scanned. Built once for a column; every window asks it.
"""

from __future__ import annotations

import numpy as np

from zipline.engines.kernels.arrays import Integers, empty
from zipline.engines.kernels.jit import kernel, run_ranges
from zipline.engines.kernels.wide import leading_zeros

BLOCK = 64
SHIFT = 6
NOTHING = (1 << 63) - 1


@kernel
def _block_minima(keys: Integers, flip: int, minima: Integers, start: int, stop: int) -> None:
    for block in range(start, stop):
        least = NOTHING
        for i in range(block << SHIFT, min((block + 1) << SHIFT, len(keys))):
            least = min(least, keys[i] ^ flip)
        minima[block] = least


@kernel
def _double(table: Integers, level: int) -> None:
    """Fill a level of the table from the one below it."""
    half = 1 << (level - 1)
    for block in range(table.shape[1] - 2 * half + 1):
        table[level, block] = min(table[level - 1, block], table[level - 1, block + half])


@kernel
def _least(keys: Integers, flip: int, table: Integers, lo: int, hi: int) -> int:
    """Return the least flipped key of a range that is not empty."""
    least: int = NOTHING
    first, last = (lo + BLOCK - 1) >> SHIFT, hi >> SHIFT
    if first >= last:
        for i in range(lo, hi):
            least = min(least, keys[i] ^ flip)
        return least
    for i in range(lo, first << SHIFT):
        least = min(least, keys[i] ^ flip)
    for i in range(last << SHIFT, hi):
        least = min(least, keys[i] ^ flip)
    level = 63 - int(np.int64(leading_zeros(np.uint64(last - first))))
    least = min(least, table[level, first])
    return int(min(least, table[level, last - (1 << level)]))


@kernel
def _values(
    keys: Integers,
    flip: int,
    table: Integers,
    lo: Integers,
    hi: Integers,
    out: Integers,
    start: int,
    stop: int,
) -> None:
    for j in range(start, stop):
        out[j] = _least(keys, flip, table, lo[j], hi[j]) ^ flip if lo[j] < hi[j] else 0


@kernel
def _position(keys: Integers, flip: int, table: Integers, lo: int, hi: int) -> int:
    """Return the first position of the least flipped key of a range that is not empty."""
    sought = _least(keys, flip, table, lo, hi)
    i = lo
    while keys[i] ^ flip != sought:
        i += 1
        if i & (BLOCK - 1) == 0:
            # Skip the whole blocks that do not reach it.
            i = _skip(table, sought, i >> SHIFT) << SHIFT
    return i


@kernel
def _skip(table: Integers, sought: int, block: int) -> int:
    """Return the first block from `block` on that has the sought key, in steps of shrinking powers of two."""
    for level in range(table.shape[0] - 1, -1, -1):
        if block + (1 << level) <= table.shape[1] and table[level, block] > sought:
            block += 1 << level
    return block


@kernel
def _positions(
    keys: Integers,
    flip: int,
    table: Integers,
    lo: Integers,
    hi: Integers,
    out: Integers,
    start: int,
    stop: int,
) -> None:
    for j in range(start, stop):
        out[j] = _position(keys, flip, table, lo[j], hi[j]) if lo[j] < hi[j] else -1


class Extremes:
    """Answers for the minimum, or the maximum, of any range of a column of int64 keys.

    >>> least = Extremes(np.array([3, 1, 2, 1]))
    >>> least.positions(np.array([0, 2, 1]), np.array([4, 4, 1])).tolist()
    [1, 3, -1]
    >>> Extremes(np.array([3, 1, 2, 1]), greatest=True).values(np.array([1]), np.array([4])).tolist()
    [2]
    """

    def __init__(self, keys: Integers, *, greatest: bool = False, threads: int | None = None) -> None:
        blocks = -(-len(keys) // BLOCK)
        self._keys, self._threads = keys, threads
        # Flipping every bit reverses the order of int64.
        self._flip = -1 if greatest else 0
        self._table = empty((max(blocks.bit_length(), 1), blocks), np.int64)
        run_ranges(
            lambda start, stop: _block_minima(keys, self._flip, self._table[0], start, stop),
            blocks,
            threads,
            256,
        )
        for level in range(1, len(self._table)):
            _double(self._table, level)

    def values(self, lo: Integers, hi: Integers) -> Integers:
        """Return the extreme key of every range ``[lo, hi)``; 0 for an empty one."""
        out = empty(len(lo), np.int64)
        keys, flip, table = self._keys, self._flip, self._table
        run_ranges(lambda a, b: _values(keys, flip, table, lo, hi, out, a, b), len(lo), self._threads)
        return out

    def positions(self, lo: Integers, hi: Integers) -> Integers:
        """Return the first position of the extreme key in every range ``[lo, hi)``; -1 for an empty one."""
        out = empty(len(lo), np.int64)
        keys, flip, table = self._keys, self._flip, self._table
        run_ranges(lambda a, b: _positions(keys, flip, table, lo, hi, out, a, b), len(lo), self._threads)
        return out
