"""Decimal columns as fixed point: unscaled integers of two words, as Arrow stores them."""

from __future__ import annotations

import numpy as np

from zipline.engines.kernels.arrays import Integers, Words
from zipline.engines.kernels.jit import kernel, run_ranges
from zipline.engines.kernels.limbs import add_shifted, copy, difference, multiply, negate, top_limb
from zipline.engines.kernels.rounding import SIGN_BIT
from zipline.engines.kernels.wide import ZERO, leading_zeros

CHUNK = 9
"""Powers of ten are divided off nine digits at a time: a divisor stays below 2**32."""

LIMIT = 10**38
"""decimal128(38, s) holds unscaled values below this, and above its negative."""


def tens(digits: int) -> Words:
    """Return divisors below 2**32 whose product is ``10**digits``.

    >>> tens(11).tolist()
    [1000000000, 100]
    """
    whole, rest = divmod(digits, CHUNK)
    return np.array([10**CHUNK] * whole + ([10**rest] if rest else []), np.uint64)


@kernel
def _load(words: Words, out: Words) -> bool:
    """Set `out` to the magnitude of a two-word integer; return whether it was negative."""
    copy(words, out)
    if words[1] < SIGN_BIT:
        return False
    negate(out)
    for i in range(2, len(out)):
        out[i] = ZERO
    return True


@kernel
def _bits(values: Words, start: int, stop: int) -> int:
    most = 1
    magnitude = np.empty(2, np.uint64)
    for i in range(start, stop):
        _load(values[i], magnitude)
        top = top_limb(magnitude)
        if top >= 0:
            most = max(most, 64 * (top + 1) - leading_zeros(magnitude[top]))
    return most


def decimal_bits(values: Words, threads: int | None = None) -> int:
    """Return the bits that the largest unscaled value of a column needs, without its sign."""
    found: list[int] = []
    run_ranges(lambda start, stop: found.append(_bits(values, start, stop)), len(values), threads)
    return max(found)


@kernel
def accumulate_decimals(values: Words, power: int, running: Words, start: int, stop: int) -> None:
    """Fill rows ``start + 1`` to ``stop`` with the running totals of values to a power, from zero."""
    total = np.zeros(running.shape[1], np.uint64)
    raised, space = np.empty(2 * power, np.uint64), np.empty(2 * power, np.uint64)
    value = np.empty(2 * power, np.uint64)
    for i in range(start, stop):
        negative = _load(values[i], value)
        copy(value, raised)
        for _ in range(power - 1):
            multiply(raised, value, space)
            copy(space, raised)
        add_shifted(total, raised, 0, negative and power & 1 == 1)
        copy(total, running[i + 1])


@kernel
def _decimal_totals(
    enter: Words, leave: Words, lo: Integers, hi: Integers, limit: Words, out: Words, start: int, stop: int
) -> int:
    total, space = np.empty(4, np.uint64), np.empty(4, np.uint64)
    for j in range(start, stop):
        difference(enter[hi[j]], leave[lo[j]], total)
        out[j, 0] = total[0]
        out[j, 1] = total[1]
        if total[3] >= SIGN_BIT:
            negate(total)
        difference(total, limit, space)
        if space[3] < SIGN_BIT:
            return j
    return -1


def decimal_totals(
    enter: Words, leave: Words, lo: Integers, hi: Integers, threads: int | None = None
) -> tuple[Words, int]:
    """Return every window's total as the two words of a decimal128, and the first one that has more than 38
    digits.

    The last is the index of an observation, -1 where every total fits.
    """
    out = np.zeros((len(lo), 2), np.uint64)
    limit = np.array([LIMIT % 2**64, LIMIT >> 64, 0, 0], np.uint64)
    failed: list[int] = []
    run_ranges(
        lambda start, stop: failed.append(_decimal_totals(enter, leave, lo, hi, limit, out, start, stop)),
        len(lo),
        threads,
    )
    return out, min((index for index in failed if index >= 0), default=-1)
