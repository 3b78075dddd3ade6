"""Sums that fade: forward decay (Cormode, Shkapenyuk, Srivastava and Xu, 2009).

Time is cut into half-lives since the epoch. Within one, an event's weight grows with its time, ``2**f``;
between them it is a power of two, so that a window's total is a sum of shifted exact integers and is rounded
once. Observations of an entity are walked in order, and the totals of its latest half-lives are kept in a
ring: an event adds to its half-life when it becomes visible, and is taken out of it when it stops being so.
"""

from __future__ import annotations

import numpy as np

from zipline.engines.kernels.additive import Additive, Orders, canonical
from zipline.engines.kernels.arrays import Floats, Integers, Words
from zipline.engines.kernels.fixed_point import span
from zipline.engines.kernels.jit import kernel, run_ranges
from zipline.engines.kernels.limbs import add_shifted, negate, round_signed
from zipline.engines.kernels.parts import parts
from zipline.engines.kernels.rounding import SIGN_BIT
from zipline.engines.kernels.sums import rounded_totals
from zipline.engines.kernels.wide import ZERO
from zipline.exp2 import exp2_fraction

REACH = 256
"""Half-lives that an event is remembered for."""

SLOTS = 512
"""Ring size: a power of two above `REACH`, so that an event whose slot a later one took is out of reach."""

NEVER = np.iinfo(np.int64).min

_weight = kernel(exp2_fraction)


@kernel
def _place(times: Integers, half_life: int, index: Integers, weights: Floats, start: int, stop: int) -> None:
    for i in range(start, stop):
        index[i] = times[i] // half_life
        weights[i] = _weight(float(times[i] - index[i] * half_life) / float(half_life))


def place(times: Integers, half_life: int, threads: int | None = None) -> tuple[Integers, Floats]:
    """Return every time's half-life since the epoch, and ``2**f`` for the fraction of it that has passed."""
    index, weights = np.empty(len(times), np.int64), np.empty(len(times), np.float64)
    run_ranges(lambda start, stop: _place(times, half_life, index, weights, start, stop), len(times), threads)
    return index, weights


@kernel
def _change(
    term: float, k: int, low: int, leaving: bool, slots: Integers, counts: Integers, sums: Words, word: Words
) -> None:
    """Add an event to its half-life, or take it out; `counts` are of events, NaN, inf and -inf."""
    slot = k & (SLOTS - 1)
    if slots[slot] != k:
        if slots[slot] > k or leaving:
            return
        slots[slot] = k
        counts[slot] = 0
        sums[slot] = ZERO
    step = -1 if leaving else 1
    counts[slot, 0] += step
    if np.isfinite(term):
        negative, mantissa, exponent = parts(term)
        shift = exponent - low
        if shift < 0:
            mantissa >>= np.uint64(-shift)
            shift = 0
        word[0] = mantissa
        add_shifted(sums[slot], word, shift, negative != leaving)
    else:
        counts[slot, 1 if np.isnan(term) else 2 if term > 0 else 3] += step


@kernel
def _fold(
    now: int,
    visible: int,
    low: int,
    slots: Integers,
    counts: Integers,
    sums: Words,
    total: Words,
    part: Words,
) -> float:
    """Return the rounded total of the half-lives within reach of `now`, as IEEE addition would have it."""
    total[:] = ZERO
    nan, positive, negative = 0, 0, 0
    for k in range(now, now - REACH - 1, -1):
        slot = k & (SLOTS - 1)
        if slots[slot] == k and counts[slot, 0] > 0:
            part[:] = sums[slot]
            below = part[len(part) - 1] >= SIGN_BIT
            if below:
                negate(part)
            add_shifted(total, part, k - now + REACH, below)
            nan += counts[slot, 1]
            positive += counts[slot, 2]
            negative += counts[slot, 3]
            visible -= counts[slot, 0]
            if visible == 0:
                break
    if nan > 0 or (positive > 0 and negative > 0):
        return np.nan
    if positive > 0 or negative > 0:
        return np.inf if positive > 0 else -np.inf
    return round_signed(total, low - REACH)


@kernel
def _walk(
    entering: Floats,
    entering_k: Integers,
    leaving: Floats,
    leaving_k: Integers,
    low: int,
    limbs: int,
    order: Integers,
    first: Integers,
    lo: Integers,
    hi: Integers,
    now: Integers,
    out: Floats,
    start: int,
    stop: int,
) -> None:
    slots, counts = np.empty(SLOTS, np.int64), np.empty((SLOTS, 4), np.int64)
    sums = np.empty((SLOTS, limbs), np.uint64)
    total, part = np.empty(limbs + REACH // 64 + 1, np.uint64), np.empty(limbs, np.uint64)
    entered, left = -1, -1
    for j in order[start:stop]:
        out[j] = 0.0
        if hi[j] == lo[j]:
            continue
        if first[j] >= entered:
            entered, left = first[j], first[j]
            slots[:] = NEVER
        for i in range(entered, hi[j]):
            _change(entering[i], entering_k[i], low, False, slots, counts, sums, part[:1])
        for i in range(left, lo[j]):
            _change(leaving[i], leaving_k[i], low, True, slots, counts, sums, part[:1])
        entered, left = max(entered, hi[j]), max(left, lo[j])
        out[j] = _fold(now[j], hi[j] - lo[j], low, slots, counts, sums, total, part)


def window_decayed(
    column: Additive | None,
    times: Integers,
    half_life: int,
    at: Integers,
    lo: Integers,
    hi: Integers,
    *,
    first: Integers | None = None,
    orders: Orders | None = None,
    threads: int | None = None,
) -> Floats:
    """Return the decayed sum of a column over windows, or without a column the decayed count; 0.0 without
    events.

    Args:
        column: values in the order of events.
        times: the events' times, in the same order; microseconds, as `half_life` and `at`.
        at: the observations' times.
        first: position of the first event of each observation's entity; needed where there are `orders` only.
        orders: as the column's.
    """
    index, terms = place(times, half_life, threads)
    if column is not None:
        with np.errstate(over="ignore", invalid="ignore"):
            terms = as_floats(column) * terms
    low, limbs = _scale(terms, threads)
    enter = (terms, index) if orders is None else (terms[orders.enter], index[orders.enter])
    leave = (terms, index) if orders is None else (terms[orders.leave], index[orders.leave])
    now, weights = place(at, half_life, threads)
    out = np.zeros(len(lo), np.float64)
    order = np.lexsort((lo, hi))
    begin = lo if first is None else first
    run_ranges(
        lambda start, stop: _walk(*enter, *leave, low, limbs, order, begin, lo, hi, now, out, start, stop),
        len(lo),
        threads,
    )
    return canonical(out / weights)


def _scale(terms: Floats, threads: int | None) -> tuple[int, int]:
    used = span(terms, threads)
    return used.low, used.limbs(len(terms))


def as_floats(column: Additive) -> Floats:
    """Return a column's values as float64: integers and decimals rounded to nearest."""
    if column.values.ndim == 1:
        return column.values.astype(np.float64, copy=False)
    positions = np.arange(len(column.values))
    return rounded_totals(Additive(column.values, scale=column.scale), positions, positions + 1)
