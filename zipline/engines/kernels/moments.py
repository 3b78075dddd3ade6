"""Variance, standard deviation, skew and kurtosis of windows, from exact sums of powers.

With ``p1 .. p4`` the sums of powers of a window's `n` values, the sums of powers of deviations from their
mean are

    m2 = (n p2 - p1^2) / n
    m3 = (n (n p3 - 3 p1 p2) + 2 p1^3) / n^2
    m4 = (n (n (n p4 - 4 p1 p3) + 6 p1^2 p2) - 3 p1^4) / n^3

Numerators are exact integers, so each moment is rounded once, and no cancellation loses a digit.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numba.extending import overload

from zipline.engines.kernels.additive import Additive, canonical
from zipline.engines.kernels.arrays import Booleans, Floats, Integers, Words, empty
from zipline.engines.kernels.jit import kernel, run_ranges
from zipline.engines.kernels.limbs import (
    add,
    copy,
    difference,
    multiply,
    negate,
    quotient_limbs,
    round_quotient,
    scale,
)
from zipline.engines.kernels.squares import second_moments

TWO, THREE, FOUR, SIX = (np.uint64(factor) for factor in (2, 3, 4, 6))


def numerator(sums: Any, n: np.uint64, space: Words) -> None:
    """Set ``space[p]`` to the numerator of a moment from the sums of powers ``space[:p]``, inside kernels
    only.

    `sums` is a tuple whose length is `p`, so that a kernel contains the formula it needs and no other.
    `space` has one row more, and all but the result is overwritten.
    """
    raise NotImplementedError("numerator() has a meaning inside kernels only")


@overload(numerator)
def _numerator(sums: Any, n: Any, space: Any) -> Callable[[Any, Any, Any], None]:
    return (_second, _third, _fourth)[sums.count - 2]


def _second(sums: Any, n: Any, space: Any) -> None:
    p1, p2, result = space[0], space[1], space[2]
    multiply(p1, p1, result)
    negate(result)
    scale(p2, n)
    add(result, p2)


def _third(sums: Any, n: Any, space: Any) -> None:
    p1, p2, p3, result, product = space[0], space[1], space[2], space[3], space[4]
    multiply(p1, p2, product)
    scale(product, THREE)
    scale(p3, n)
    difference(p3, product, result)
    scale(result, n)
    multiply(p1, p1, product)
    multiply(product, p1, p3)
    scale(p3, TWO)
    add(result, p3)


def _fourth(sums: Any, n: Any, space: Any) -> None:
    p1, p2, p3, p4, result, product = space[0], space[1], space[2], space[3], space[4], space[5]
    multiply(p1, p3, product)
    scale(product, FOUR)
    scale(p4, n)
    difference(p4, product, result)
    scale(result, n)
    multiply(p1, p1, product)
    multiply(product, p2, p4)
    scale(p4, SIX)
    add(result, p4)
    scale(result, n)
    multiply(product, product, p4)
    scale(p4, THREE)
    negate(p4)
    add(result, p4)


@kernel
def _moments(
    enters: Any,
    leaves: Any,
    lo: Integers,
    hi: Integers,
    tens: Words,
    exponent: int,
    limbs: int,
    out: Floats,
    start: int,
    stop: int,
) -> None:
    power = len(enters)
    space = np.empty((power + 2, limbs), np.uint64)
    divisors = np.empty(power - 1 + len(tens), np.uint64)
    copy(tens, divisors[power - 1 :])
    quotient = np.empty(quotient_limbs(len(divisors)), np.uint64)
    for j in range(start, stop):
        out[j] = 0.0
        if hi[j] - lo[j] >= power:
            n = np.uint64(hi[j] - lo[j])
            for p in range(power):
                difference(enters[p][hi[j]], leaves[p][lo[j]], space[p])
            numerator(enters, n, space)
            for p in range(power - 1):
                divisors[p] = n
            out[j] = round_quotient(space[power], divisors, exponent, quotient)


def moment(column: Additive, power: int, lo: Integers, hi: Integers) -> Floats:
    """Return the sum of a power (2, 3 or 4) of deviations from the mean in every window, rounded once.

    NaN for a window with NaN or infinities. 0.0 for one with fewer than `power` events, for which nothing but
    the variance of one event is defined.
    """
    totals = [column.totals(lower) for lower in range(1, power + 1)]
    enters, leaves = tuple(zip(*totals, strict=True))
    tens, exponent = column.tens(power), power * column.span.low
    bits = power * (column.span.top - column.span.low + len(column.values).bit_length()) + 8
    limbs = max(-(-bits // 64), enters[-1].shape[1])
    out = empty(len(lo), np.float64)

    def run(start: int, stop: int) -> None:
        if power == 2 and [total.shape[1] for total in enters] == [2, 3] and limbs <= 4 and not len(tens):
            second_moments(enters[0], leaves[0], enters[1], leaves[1], lo, hi, exponent, out, start, stop)
        else:
            _moments(enters, leaves, lo, hi, tens, exponent, limbs, out, start, stop)

    run_ranges(run, len(lo), column.threads)
    specials = column.specials(lo, hi)
    if specials is not None:
        out[specials.any(axis=1)] = np.nan
    return out


def variance(m2: Floats, n: Integers, sample: bool = False) -> tuple[Floats, Booleans]:
    """Return ``m2 / n``, or ``m2 / (n - 1)`` of a sample, and where there is one: n >= 1, or 2."""
    return _ratio(m2, (n - 1 if sample else n).clip(0).astype(np.float64))


def stddev(m2: Floats, n: Integers, sample: bool = False) -> tuple[Floats, Booleans]:
    """Return the square root of the variance, and where there is one."""
    values, valid = variance(m2, n, sample)
    return canonical(np.sqrt(values)), valid


def skew(m2: Floats, m3: Floats, n: Integers) -> tuple[Floats, Booleans]:
    """Return ``(sqrt(n) * m3) / (m2 * sqrt(m2))``, and where there is one: n >= 3, divisor not 0."""
    with np.errstate(all="ignore"):
        values, valid = _ratio(np.sqrt(n.astype(np.float64)) * m3, m2 * np.sqrt(m2))
    return values, valid & (n >= 3)


def kurtosis(m2: Floats, m4: Floats, n: Integers) -> tuple[Floats, Booleans]:
    """Return ``(n * m4) / (m2 * m2) - 3``, and where there is one: n >= 4, divisor not 0."""
    with np.errstate(all="ignore"):
        values, valid = _ratio(n * m4, m2 * m2)
    return canonical(values - 3.0), valid & (n >= 4)


def _ratio(dividend: Floats, divisor: Floats) -> tuple[Floats, Booleans]:
    valid = divisor != 0.0
    values = np.zeros(len(dividend), np.float64)
    with np.errstate(all="ignore"):
        np.divide(dividend, divisor, out=values, where=valid)
    return canonical(values), valid
