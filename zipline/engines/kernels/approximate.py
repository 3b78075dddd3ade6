"""Count the distinct values of every window approximately: a HyperLogLog that can forget.

A register holds the greatest rank of its values. To slide, each register counts how many values have each
rank, with a bit for every rank that occurs, and the registers are counted by what they hold: adding,
removing and estimating do not depend on the window's size.
"""

from __future__ import annotations

import numpy as np

from zipline.engines.kernels.arrays import Integers, Values, Words
from zipline.engines.kernels.jit import kernel
from zipline.engines.kernels.sliding import Sliding
from zipline.engines.kernels.wide import ONE, ZERO, leading_zeros

REGISTERS = 4096
RANKS = 52  # a register holds 0, or a rank of 1 to RANKS + 1
RANK_BITS = 6
REST_BITS = np.uint64(RANKS)
ABOVE_REST = np.uint64(64 - RANKS)
TWICE_LN_2 = 2.0 * 0.6931471805599453


@kernel
def _slots(hashes: Words, slots: Values) -> None:
    for i in range(len(hashes)):
        zeros = int(np.int64(leading_zeros(hashes[i] << ABOVE_REST)))
        slots[i] = (np.int64(hashes[i] >> REST_BITS) << RANK_BITS) | (min(zeros, RANKS) + 1)


@kernel
def _sigma(x: float) -> float:
    if x == 1.0:
        return np.inf
    total, factor, before = x, 1.0, -1.0
    while total != before:
        x *= x
        before = total
        total += x * factor
        factor += factor
    return total


@kernel
def _tau(x: float) -> float:
    if x in (0.0, 1.0):
        return 0.0
    total, factor, before = 1.0 - x, 1.0, -1.0
    while total != before:
        x = np.sqrt(x)
        before = total
        factor *= 0.5
        total -= (1.0 - x) * (1.0 - x) * factor
    return total / 3.0


@kernel
def estimate(holding: Integers) -> int:
    """Return the estimate from how many registers hold each rank: Ertl (2017), algorithm 6."""
    m = float(REGISTERS)
    z = m * _tau(1.0 - holding[RANKS + 1] / m)
    for rank in range(RANKS, 0, -1):
        z = 0.5 * (z + holding[rank])
    z += m * _sigma(holding[0] / m)
    return int(np.rint(m * m / TWICE_LN_2 / z))


@kernel
def _add(counts: Values, ranks: Words, holding: Integers, slot: int) -> None:
    counts[slot] += 1
    if counts[slot] == 1:
        register = slot >> RANK_BITS
        holding[_held(ranks[register])] -= 1
        ranks[register] |= ONE << np.uint64(slot & 63)
        holding[_held(ranks[register])] += 1


@kernel
def _subtract(counts: Values, ranks: Words, holding: Integers, slot: int) -> None:
    counts[slot] -= 1
    if counts[slot] == 0:
        register = slot >> RANK_BITS
        holding[_held(ranks[register])] -= 1
        ranks[register] &= ~(ONE << np.uint64(slot & 63))
        holding[_held(ranks[register])] += 1


@kernel
def _held(ranks: np.uint64) -> int:
    """Return the greatest of a register's ranks, 0 if it has none."""
    return 0 if ranks == ZERO else 63 - int(np.int64(leading_zeros(ranks)))


@kernel
def _slide(
    entering: Values, leaving: Values, lo: Integers, hi: Integers, starts: Integers, begins: Integers,
    contiguous: bool, counts: Values, ranks: Words, holding: Integers, out: Integers, first: int, last: int,
) -> None:  # fmt: skip
    for key in range(first, last):
        entered = left = begins[key]
        for j in range(starts[key], starts[key + 1]):
            while contiguous and left < lo[j] and left < entered:
                _subtract(counts, ranks, holding, leaving[left])
                left += 1
            if contiguous and left < lo[j]:
                entered = left = lo[j]
            while entered < hi[j]:
                _add(counts, ranks, holding, entering[entered])
                entered += 1
            while left < lo[j]:
                _subtract(counts, ranks, holding, leaving[left])
                left += 1
            out[j] = estimate(holding) if hi[j] > lo[j] else 0
        for position in range(left if contiguous else begins[key], entered):
            counts[entering[position]] = 0
            ranks[entering[position] >> RANK_BITS] = ZERO
        holding[:] = 0
        holding[0] = REGISTERS


def hash_slots(hashes: Words) -> Values:
    """Return the register and rank of every hash as one number below ``2**18``."""
    slots = np.empty(len(hashes), np.int32)
    _slots(hashes, slots)
    return slots


def window_approximate(slots: Values, windows: Sliding) -> Integers:
    """Return about how many distinct values each window holds; `slots` are those of `hash_slots`."""
    out = np.zeros(len(windows.lo), np.int64)
    entering, leaving = windows.in_order(slots)

    def make() -> tuple[Values, Words, Integers]:
        holding = np.zeros(RANKS + 2, np.int64)
        holding[0] = REGISTERS
        return np.zeros(REGISTERS << RANK_BITS, np.int32), np.zeros(REGISTERS, np.uint64), holding

    def slide(space: tuple[Values, Words, Integers], first: int, last: int) -> None:
        _slide(
            entering, leaving, windows.lo, windows.hi, windows.starts, windows.begins, windows.contiguous,
            *space, out, first, last,
        )  # fmt: skip

    windows.run(make, slide)
    return out
