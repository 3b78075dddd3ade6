"""Variance, standard deviation, skew and kurtosis of windows, from exact sums of powers.

With ``p1 .. p4`` the sums of powers of a window's `n` values, the sums of powers of deviations from their mean are

    m2 = (n p2 - p1^2) / n
    m3 = (n (n p3 - 3 p1 p2) + 2 p1^3) / n^2
    m4 = (n (n (n p4 - 4 p1 p3) + 6 p1^2 p2) - 3 p1^4) / n^3

Numerators are exact integers, so each moment is rounded once, and no cancellation loses a digit.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from zipline.engines.kernels.additive import Additive, canonical
from zipline.engines.kernels.arrays import Booleans, Floats, Integers, Words
from zipline.engines.kernels.jit import kernel, run_ranges
from zipline.engines.kernels.limbs import add, difference, multiply, negate, quotient_limbs, round_quotient, scale
from zipline.engines.kernels.wide import ZERO

TWO, THREE, FOUR, SIX = (np.uint64(factor) for factor in (2, 3, 4, 6))


@kernel
def _moment2(n: np.uint64, p1: Words, p2: Words, out: Words) -> None:
    multiply(p1, p1, out)
    negate(out)
    scale(p2, n)
    add(out, p2)


@kernel
def _moment3(n: np.uint64, p1: Words, p2: Words, p3: Words, space: Words, out: Words) -> None:
    multiply(p1, p2, space)
    scale(space, THREE)
    scale(p3, n)
    difference(p3, space, out)
    scale(out, n)
    multiply(p1, p1, space)
    multiply(space, p1, p3)
    scale(p3, TWO)
    add(out, p3)


@kernel
def _moment4(n: np.uint64, p1: Words, p2: Words, p3: Words, p4: Words, space: Words, out: Words) -> None:
    multiply(p1, p3, space)
    scale(space, FOUR)
    scale(p4, n)
    difference(p4, space, out)
    scale(out, n)
    multiply(p1, p1, space)
    multiply(space, p2, p4)
    scale(p4, SIX)
    add(out, p4)
    scale(out, n)
    multiply(space, space, p4)
    scale(p4, THREE)
    negate(p4)
    add(out, p4)


@kernel
def _seconds(
    enters: Any, leaves: Any, lo: Integers, hi: Integers, tens: Words, exponent: int, widths: Any, out: Floats,
    start: int, stop: int,
) -> None:  # fmt: skip
    space, quotient, divisors = np.empty((3, widths[0]), np.uint64), np.empty(widths[1], np.uint64), _divisors(1, tens)
    for j in range(start, stop):
        out[j] = 0.0
        if hi[j] - lo[j] > 1:
            n = np.uint64(hi[j] - lo[j])
            for power in range(2):
                difference(enters[power][hi[j]], leaves[power][lo[j]], space[power])
            _moment2(n, space[0], space[1], space[2])
            divisors[:1] = n
            out[j] = round_quotient(space[2], divisors, exponent, quotient)


@kernel
def _thirds(
    enters: Any, leaves: Any, lo: Integers, hi: Integers, tens: Words, exponent: int, widths: Any, out: Floats,
    start: int, stop: int,
) -> None:  # fmt: skip
    space, quotient, divisors = np.empty((5, widths[0]), np.uint64), np.empty(widths[1], np.uint64), _divisors(2, tens)
    for j in range(start, stop):
        out[j] = 0.0
        if hi[j] - lo[j] > 2:
            n = np.uint64(hi[j] - lo[j])
            for power in range(3):
                difference(enters[power][hi[j]], leaves[power][lo[j]], space[power])
            _moment3(n, space[0], space[1], space[2], space[3], space[4])
            divisors[:2] = n
            out[j] = round_quotient(space[4], divisors, exponent, quotient)


@kernel
def _fourths(
    enters: Any, leaves: Any, lo: Integers, hi: Integers, tens: Words, exponent: int, widths: Any, out: Floats,
    start: int, stop: int,
) -> None:  # fmt: skip
    space, quotient, divisors = np.empty((6, widths[0]), np.uint64), np.empty(widths[1], np.uint64), _divisors(3, tens)
    for j in range(start, stop):
        out[j] = 0.0
        if hi[j] - lo[j] > 3:
            n = np.uint64(hi[j] - lo[j])
            for power in range(4):
                difference(enters[power][hi[j]], leaves[power][lo[j]], space[power])
            _moment4(n, space[0], space[1], space[2], space[3], space[4], space[5])
            divisors[:3] = n
            out[j] = round_quotient(space[5], divisors, exponent, quotient)


@kernel
def _divisors(counts: int, tens: Words) -> Words:
    divisors = np.empty(counts + len(tens), np.uint64)
    divisors[counts:] = tens
    return divisors



def moment(column: Additive, power: int, lo: Integers, hi: Integers) -> Floats:
    """Return the sum of a power (2, 3 or 4) of deviations from the mean in every window, rounded once.

    NaN for a window with NaN or infinities. 0.0 for one with fewer than `power` events, for which nothing but
    the variance of one event is defined.
    """
    totals = [column.totals(lower) for lower in range(1, power + 1)]
    enters, leaves = tuple(zip(*totals, strict=True))
    tens = column.tens(power)
    bits = power * (column.span.top - column.span.low + len(column.values).bit_length()) + 8
    widths = max(-(-bits // 64), max(len(total[0][0]) for total in totals)), quotient_limbs(power - 1 + len(tens))
    out = np.empty(len(lo), np.float64)
    run = (_seconds, _thirds, _fourths)[power - 2]
    exponent = power * column.span.low
    run_ranges(
        lambda start, stop: run(enters, leaves, lo, hi, tens, exponent, widths, out, start, stop),
        len(lo),
        column.threads,
    )
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
    """Return ``(sqrt(n) * m3) / (m2 * sqrt(m2))``, and where there is one: n >= 3 and the divisor is not 0."""
    with np.errstate(all="ignore"):
        values, valid = _ratio(np.sqrt(n.astype(np.float64)) * m3, m2 * np.sqrt(m2))
    return values, valid & (n >= 3)


def kurtosis(m2: Floats, m4: Floats, n: Integers) -> tuple[Floats, Booleans]:
    """Return ``(n * m4) / (m2 * m2) - 3``, and where there is one: n >= 4 and the divisor is not 0."""
    with np.errstate(all="ignore"):
        values, valid = _ratio(n * m4, m2 * m2)
    return canonical(values - 3.0), valid & (n >= 4)


def _ratio(dividend: Floats, divisor: Floats) -> tuple[Floats, Booleans]:
    valid = divisor != 0.0
    values = np.zeros(len(dividend), np.float64)
    with np.errstate(all="ignore"):
        np.divide(dividend, divisor, out=values, where=valid)
    return canonical(values), valid
