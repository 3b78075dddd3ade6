"""Slow, obvious answers for window kernels: fractions over Python lists."""

from __future__ import annotations

import math
from collections.abc import Sequence
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from zipline.engines.kernels.arrays import Integers


def nearest(exact: Fraction) -> float:
    """Return a fraction as float64; infinite beyond the largest one."""
    try:
        return exact.numerator / exact.denominator
    except OverflowError:
        return math.inf if exact > 0 else -math.inf


def total(values: Sequence[float]) -> float:
    """Return the exact sum of floats, rounded once, with NaN and infinities as IEEE addition has them."""
    special = [value for value in values if not math.isfinite(value)]
    if special:
        return sum(special[1:], special[0])
    return nearest(sum(map(Fraction, values), Fraction(0)))


def deviations(values: Sequence[Fraction], power: int) -> float:
    """Return the sum of a power of the deviations from the mean, rounded once."""
    mean = sum(values, Fraction(0)) / len(values)
    return nearest(sum(((value - mean) ** power for value in values), Fraction(0)))


def every_window(n: int) -> tuple[Integers, Integers]:
    """Return `lo` and `hi` of all windows over n events, the empty ones included."""
    pairs = np.array([(lo, hi) for lo in range(n + 1) for hi in range(lo, n + 1)], np.int64)
    return pairs[:, 0].copy(), pairs[:, 1].copy()


def same(got: NDArray[np.float64], expected: Sequence[float]) -> bool:
    """Return whether floats are equal to the bit."""
    return got.tobytes() == np.array(expected, np.float64).tobytes()


def words(unscaled: Sequence[int]) -> NDArray[np.uint64]:
    """Return integers as the two words that Arrow stores for a decimal128."""
    return np.array([[value % 2**64, (value >> 64) % 2**64] for value in unscaled], np.uint64)


def unscaled(pairs: NDArray[np.uint64]) -> list[int]:
    """Return the integers of two words."""
    whole = [int(low) + (int(high) << 64) for low, high in pairs]
    return [value - (1 << 128) if value >> 127 else value for value in whole]
