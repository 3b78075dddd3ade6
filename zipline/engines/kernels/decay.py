"""Sums that fade: forward decay (Cormode, Shkapenyuk, Srivastava and Xu, 2009).

Time is cut into half-lives since the epoch. Within one, an event's weight grows with its time, ``2**f``;
between them it is a power of two, so that a window's total is a sum of shifted exact integers and is rounded
once.
"""

from __future__ import annotations

import numpy as np

from zipline.engines.kernels.additive import Additive, Orders, canonical, with_specials
from zipline.engines.kernels.arrays import Floats, Integers, Words, empty
from zipline.engines.kernels.decay_ring import REACH, walk
from zipline.engines.kernels.jit import kernel, run_ranges
from zipline.engines.kernels.limbs import add_shifted, copy, difference, negate, round_signed
from zipline.engines.kernels.rounding import SIGN_BIT
from zipline.engines.kernels.sums import rounded_totals
from zipline.exp2 import exp2_fraction

_weight = kernel(exp2_fraction)


@kernel
def _place(times: Integers, half_life: int, index: Integers, weights: Floats, start: int, stop: int) -> None:
    for i in range(start, stop):
        index[i] = times[i] // half_life
        weights[i] = _weight(float(times[i] - index[i] * half_life) / float(half_life))


def place(times: Integers, half_life: int, threads: int | None = None) -> tuple[Integers, Floats]:
    """Return every time's half-life since the epoch, and ``2**f`` for the fraction of it that has passed."""
    index, weights = empty(len(times), np.int64), empty(len(times), np.float64)
    run_ranges(lambda start, stop: _place(times, half_life, index, weights, start, stop), len(times), threads)
    return index, weights


@kernel
def _same_half_life(index: Integers, begins: Integers) -> None:
    """Set ``begins[i]`` to where the half-life of event i begins, among the events before it."""
    for i in range(len(index)):
        begins[i] = begins[i - 1] if i > 0 and index[i] == index[i - 1] else i


@kernel
def _fold(
    running: Words,
    index: Integers,
    begins: Integers,
    low: int,
    lo: Integers,
    hi: Integers,
    now: Integers,
    reached: Integers,
    out: Floats,
    start: int,
    stop: int,
) -> None:
    total, part = (
        np.empty(running.shape[1] + REACH // 64 + 1, np.uint64),
        np.empty(running.shape[1], np.uint64),
    )
    for j in range(start, stop):
        end = hi[j]
        copy(part[:0], total)
        while end > lo[j] and now[j] - index[end - 1] <= REACH:
            begin = max(begins[end - 1], lo[j])
            difference(running[end], running[begin], part)
            below = part[len(part) - 1] >= SIGN_BIT
            if below:
                negate(part)
            add_shifted(total, part, index[end - 1] - now[j] + REACH, below)
            end = begin
        reached[j] = end
        out[j] = round_signed(total, low - REACH)


def _contiguous(terms: Additive, index: Integers, now: Integers, lo: Integers, hi: Integers) -> Floats:
    """Return the total of every window of events in one order, half-life by half-life."""
    begins, reached, out = np.empty_like(index), np.empty_like(hi), empty(len(hi), np.float64)
    _same_half_life(index, begins)
    running, low = terms.totals()[0], terms.span.low
    run_ranges(
        lambda start, stop: _fold(running, index, begins, low, lo, hi, now, reached, out, start, stop),
        len(hi),
        terms.threads,
    )
    return with_specials(out, terms.specials(reached, hi))


def _two_orders(
    terms: Additive,
    orders: Orders,
    index: Integers,
    now: Integers,
    first: Integers,
    lo: Integers,
    hi: Integers,
) -> Floats:
    """Return the total of every window of events that enter and leave in orders of their own."""
    enter = terms.values[orders.enter], index[orders.enter]
    leave = terms.values[orders.leave], index[orders.leave]
    low, limbs = terms.span.low, terms.span.limbs(len(index))
    out, order = empty(len(hi), np.float64), np.lexsort((lo, hi))
    run_ranges(
        lambda start, stop: walk(*enter, *leave, low, limbs, order, first, lo, hi, now, out, start, stop),
        len(hi),
        terms.threads,
    )
    return out


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

    An event is forgotten after 256 half-lives.

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
    now, weights = place(at, half_life, threads)
    column = Additive(terms, threads=threads)
    if orders is None:
        totals = _contiguous(column, index, now, lo, hi)
    elif first is None:
        raise ValueError(
            "events with two orders need `first`, where the events of every observation's entity begin"
        )
    else:
        totals = _two_orders(column, orders, index, now, first, lo, hi)
    return canonical(totals / weights)


def as_floats(column: Additive) -> Floats:
    """Return a column's values as float64: integers and decimals rounded to nearest."""
    if column.values.ndim == 1:
        return column.values.astype(np.float64, copy=False)
    positions = np.arange(len(column.values))
    return rounded_totals(Additive(column.values, scale=column.scale), positions, positions + 1)
