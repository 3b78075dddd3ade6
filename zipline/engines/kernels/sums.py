"""Sum and mean of windows: exact totals, rounded once."""

from __future__ import annotations

import numpy as np

from zipline.engines.kernels.additive import Additive, canonical, filled, with_specials
from zipline.engines.kernels.arrays import Booleans, Floats, Integers, Words, empty
from zipline.engines.kernels.decimals import decimal_totals
from zipline.engines.kernels.jit import kernel, run_ranges
from zipline.engines.kernels.limbs import difference, quotient_limbs, round_quotient, round_signed
from zipline.engines.kernels.rounding import SIGN_BIT, round_two
from zipline.engines.kernels.wide import ALL_ONES, ONE, ZERO


@kernel
def _totals_of_two(
    enter: Words, leave: Words, lo: Integers, hi: Integers, exponent: int, out: Floats, start: int, stop: int
) -> None:
    for j in range(start, stop):
        a, b = enter[hi[j], 0], leave[lo[j], 0]
        upper = enter[hi[j], 1] - leave[lo[j], 1] - (ONE if a < b else ZERO)
        out[j] = round_two(a - b, upper, exponent)


@kernel
def _totals(
    enter: Words, leave: Words, lo: Integers, hi: Integers, exponent: int, out: Floats, start: int, stop: int
) -> None:
    total = np.empty(enter.shape[1], np.uint64)
    for j in range(start, stop):
        difference(enter[hi[j]], leave[lo[j]], total)
        out[j] = round_signed(total, exponent)


@kernel
def _quotients(
    enter: Words,
    leave: Words,
    lo: Integers,
    hi: Integers,
    divisors: Words,
    out: Floats,
    start: int,
    stop: int,
) -> None:
    total = np.empty(enter.shape[1], np.uint64)
    quotient = np.empty(quotient_limbs(len(divisors)), np.uint64)
    for j in range(start, stop):
        difference(enter[hi[j]], leave[lo[j]], total)
        out[j] = round_quotient(total, divisors, 0, quotient)


@kernel
def _integer_totals(
    enter: Words, leave: Words, lo: Integers, hi: Integers, out: Integers, start: int, stop: int
) -> int:
    for j in range(start, stop):
        a, b = enter[hi[j], 0], leave[lo[j], 0]
        upper = enter[hi[j], 1] - leave[lo[j], 1] - (ONE if a < b else ZERO)
        if upper != (ALL_ONES if a - b >= SIGN_BIT else ZERO):
            return j
        out[j] = np.int64(a - b)
    return -1


def rounded_totals(column: Additive, lo: Integers, hi: Integers) -> Floats:
    """Return the exact total of every window as float64; 0.0 for an empty one."""
    enter, leave, before, after = column.passed(lo, hi)
    out = empty(len(lo), np.float64)
    low, divisors = column.span.low, column.tens()
    if len(divisors):
        run_ranges(
            lambda start, stop: _quotients(enter, leave, before, after, divisors, out, start, stop),
            len(lo),
            column.threads,
        )
        return out
    totals = _totals_of_two if enter.shape[1] == 2 else _totals
    run_ranges(
        lambda start, stop: totals(enter, leave, before, after, low, out, start, stop),
        len(lo),
        column.threads,
    )
    return with_specials(out, column.specials(lo, hi))


def window_sum(column: Additive, lo: Integers, hi: Integers) -> tuple[Floats, Booleans]:
    """Return the sum of a float column over windows ``[lo, hi)``, and which windows have one.

    Exact, rounded once; beyond the largest float64 it is infinite; NaN and infinities count as in IEEE
    addition.
    """
    return rounded_totals(column, lo, hi), filled(lo, hi)


def window_integer_sum(column: Additive, lo: Integers, hi: Integers) -> tuple[Integers, Booleans, int]:
    """Return the sum of an int64 or bool column over windows, which have one, and the first that fails.

    The last is the index of the first observation whose total is not an int64, -1 where there is none; only
    the total of a window can overflow, never an intermediate.
    """
    enter, leave, before, after = column.passed(lo, hi)
    out = np.zeros(len(lo), np.int64)
    failed: list[int] = []
    run_ranges(
        lambda start, stop: failed.append(_integer_totals(enter, leave, before, after, out, start, stop)),
        len(lo),
        column.threads,
    )
    return out, filled(lo, hi), min((index for index in failed if index >= 0), default=-1)


def window_decimal_sum(column: Additive, lo: Integers, hi: Integers) -> tuple[Words, Booleans, int]:
    """Return the sum of a decimal column over windows, which windows have one, and the first that overflows.

    Sums are (m, 2) words of decimal128(38, scale); the last is as in `window_integer_sum`, for 38 digits.
    """
    totals, failed = decimal_totals(*column.passed(lo, hi), column.threads)
    return totals, filled(lo, hi), failed


def window_mean(column: Additive, lo: Integers, hi: Integers) -> tuple[Floats, Booleans]:
    """Return the exact sum as float64 divided by the number of events, and which windows have one."""
    means = rounded_totals(column, lo, hi)
    np.divide(means, hi - lo, out=means, where=hi > lo)
    return canonical(means), filled(lo, hi)
