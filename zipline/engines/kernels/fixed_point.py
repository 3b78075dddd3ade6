"""Columns as exact fixed-point integers, and their running totals.

A column's finite values are integers once they are scaled by its lowest set bit. As many 64-bit limbs as the
largest possible total needs hold a sum without any rounding, so totals may be added and subtracted in any
order: the total of a window is the difference of two running totals. Two limbs do for most columns and have a
path of their own.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from zipline.engines.kernels.arrays import Integers, Values, Words, empty
from zipline.engines.kernels.decimals import accumulate_decimals, decimal_bits
from zipline.engines.kernels.jit import kernel, run_each, run_ranges, split, thread_count
from zipline.engines.kernels.limbs import add_shifted, copy, scale
from zipline.engines.kernels.parts import parts
from zipline.engines.kernels.squares import accumulate_squares
from zipline.engines.kernels.wide import ONE, WORD, ZERO, leading_zeros, trailing_zeros

STRETCH = 32_768  # events whose running totals stay in the cache
EMPTY = 1 << 20  # above every exponent: the lowest bit of a column that has none


@dataclass(frozen=True, slots=True)
class Span:
    """The bits that a column's finite values use: ``2**low`` up to, not including, ``2**top``."""

    low: int
    top: int
    special: bool
    """Whether there are NaN or infinities, too."""

    def limbs(self, n: int, power: int = 1) -> int:
        """Return the limbs that hold any sum of `n` values to a power, with its sign: two at least."""
        bits = power * (self.top - self.low) + n.bit_length() + 1
        return max(2, -(-bits // 64))


@kernel
def _span(values: Values, start: int, stop: int) -> tuple[int, int, int]:
    low, top, special = EMPTY, -EMPTY, 0
    for i in range(start, stop):
        if not np.isfinite(values[i]):
            special += 1
            continue
        _, mantissa, exponent = parts(values[i])
        if mantissa != ZERO:
            low = min(low, exponent + trailing_zeros(mantissa))
            top = max(top, exponent + 64 - leading_zeros(mantissa))
    return low, top, special


def span(values: Values, threads: int | None = None) -> Span:
    """Return the bits that a column uses: float64, int64, or (n, 2) words of decimals.

    Integers and decimals keep their unit: their lowest bit is 2**0.
    """
    if values.ndim == 2:
        return Span(0, decimal_bits(values, threads), False)
    found: list[tuple[int, int, int]] = []
    run_ranges(lambda start, stop: found.append(_span(values, start, stop)), len(values), threads)
    low = min(part[0] for part in found)
    top = max(part[1] for part in found)
    if low == EMPTY or values.dtype.kind == "i":
        low, top = 0, max(top, 1)
    return Span(low, top, any(part[2] for part in found))


@kernel
def _accumulate_two(values: Values, low: int, running: Words, start: int, stop: int) -> None:
    lower, upper = ZERO, ZERO
    for i in range(start, stop):
        if np.isfinite(values[i]):
            negative, mantissa, exponent = parts(values[i])
            shift = exponent - low
            a, b = mantissa, ZERO
            if shift < 0:
                a = mantissa >> np.uint64(-shift)
            elif shift >= 64:
                a, b = ZERO, mantissa << np.uint64(shift - 64)
            elif shift > 0:
                a, b = mantissa << np.uint64(shift), mantissa >> (WORD - np.uint64(shift))
            if negative:
                upper = upper - b - (ONE if lower < a else ZERO)
                lower -= a
            else:
                lower += a
                upper = upper + b + (ONE if lower < a else ZERO)
        running[i + 1, 0] = lower
        running[i + 1, 1] = upper


@kernel
def _accumulate(values: Values, low: int, power: int, running: Words, start: int, stop: int) -> None:
    total = np.zeros(running.shape[1], np.uint64)
    raised = np.empty(power, np.uint64)
    for i in range(start, stop):
        if np.isfinite(values[i]):
            negative, mantissa, exponent = parts(values[i])
            if mantissa != ZERO:
                zeros = trailing_zeros(mantissa)
                mantissa >>= np.uint64(zeros)
                raised[0] = mantissa
                for limb in range(1, power):
                    raised[limb] = ZERO
                for _ in range(power - 1):
                    scale(raised, mantissa)
                shift = power * (exponent + zeros - low)
                add_shifted(total, raised, shift, negative and power & 1 == 1)
        copy(total, running[i + 1])


@kernel
def _add_base(running: Words, base: Words, start: int, stop: int) -> None:
    for i in range(start, stop):
        carry = ZERO
        for limb in range(running.shape[1]):
            partial = running[i, limb] + base[limb]
            total = partial + carry
            carry = ONE if partial < base[limb] or total < carry else ZERO
            running[i, limb] = total


def running_total(values: Values, span: Span, power: int = 1, threads: int | None = None) -> Words:
    """Return the running totals of values to a power (1 to 4), in units of ``2**(power * span.low)``.

    The result has ``len(values) + 1`` rows, the first of them zero, of ``span.limbs(len(values), power)``
    limbs.
    """
    n, limbs = len(values), span.limbs(len(values), power)
    running = empty((n + 1, limbs), np.uint64)
    running[0] = 0

    chain_ranges(lambda start, stop: _run(values, span, power, running, start, stop), running, threads)
    return running


def _run(values: Values, span: Span, power: int, running: Words, start: int, stop: int) -> None:
    """Fill rows ``start + 1`` to ``stop`` with the running totals of ``values[start:stop]``."""
    limbs = running.shape[1]
    if values.ndim == 2:
        accumulate_decimals(values, power, running, start, stop)
    elif limbs == 2 and power == 1:
        _accumulate_two(values, span.low, running, start, stop)
    elif limbs == 3 and power == 2:
        accumulate_squares(values, span.low, running, start, stop)
    else:
        _accumulate(values, span.low, power, running, start, stop)


def totals_at(values: Values, order: Integers, at: Integers, span: Span, threads: int | None = None) -> Words:
    """Return ``running_total(values[order], span)[at]`` without the space of running totals; `at` is ascending.

    A stretch of the order at a time is gathered and accumulated where it stays in the processor's cache.
    """
    n, limbs = len(order), span.limbs(len(values))
    if n == 0:
        return np.zeros((len(at), limbs), np.uint64)
    totals = empty((len(at), limbs), np.uint64)
    ends: dict[int, Words] = {}
    ranges = split(n, min(thread_count(threads), -(-n // STRETCH)))
    cuts = {stop: int(np.searchsorted(at, stop)) if stop < n else len(at) for _, stop in ranges} | {0: 0}

    def run(start: int, stop: int) -> None:
        running, total = np.zeros((STRETCH + 1, limbs), np.uint64), np.zeros((1, limbs), np.uint64)
        first = cuts[start]
        for begin in range(start, stop, STRETCH):
            end = min(begin + STRETCH, stop)
            taken = np.take(values, order[begin:end], axis=0)
            _run(taken, span, 1, running, 0, end - begin)
            last = cuts[stop] if end == stop else int(np.searchsorted(at, end))
            totals[first:last] = running[at[first:last] - begin]
            _add_base(totals, total[0], first, last)
            _add_base(total, running[end - begin], 0, 1)
            first = last
        ends[start] = total

    run_each(run, ranges, threads)
    base = np.zeros((1, limbs), np.uint64)
    for start, stop in ranges:
        _add_base(totals, base[0], cuts[start], cuts[stop])
        _add_base(base, ends[start][0], 0, 1)
    return totals


def chain_ranges(accumulate: Callable[[int, int], None], running: Words, threads: int | None = None) -> None:
    """Accumulate ranges of rows at once, each from zero, then add to every range what came before it.

    `accumulate(start, stop)` fills rows ``start + 1`` to ``stop`` of `running`.
    """
    n = len(running) - 1
    ranges = split(n, min(thread_count(threads), n // 65_536))
    run_each(accumulate, ranges, threads)
    bases = {}
    for start, stop in ranges[1:]:
        bases[start] = running[start].copy()
        _add_base(running, bases[start], stop, stop + 1)
    run_each(lambda start, stop: _add_base(running, bases[start], start + 1, stop), ranges[1:], threads)


def running_specials(values: Values) -> Integers:
    """Return how many NaN, inf and -inf stand before each position: (n + 1, 3) int64."""
    counts = np.zeros((len(values) + 1, 3), np.int64)
    for column, found in enumerate((np.isnan(values), values == np.inf, values == -np.inf)):
        np.cumsum(found, out=counts[1:, column])
    return counts
