"""Sum and mean of vectors over windows: every element exact, rounded once to the type of the input."""

from __future__ import annotations

import numpy as np

from zipline.engines.kernels.additive import Additive, Orders, canonical, filled, with_specials
from zipline.engines.kernels.arrays import Booleans, Floats, Integers, Values, Words
from zipline.engines.kernels.jit import kernel, run_ranges
from zipline.engines.kernels.limbs import difference, quotient, quotient_limbs, round_unsigned, top_limb
from zipline.engines.kernels.wide import ONE, ZERO, leading_zeros


@kernel
def _round_to_odd(a: Words, sticky: bool) -> bool:
    """Cut the unsigned `a` to 53 bits, setting the last if anything was lost; return what is still lost.

    Rounding that to float32 is the same as rounding the exact number (Boldo and Melquiond, 2008).
    """
    top = top_limb(a)
    last = 64 * top + 11 - leading_zeros(a[max(top, 0)])
    if last <= 0:
        return sticky
    limb, unit = last >> 6, ONE << np.uint64(last & 63)
    for i in range(limb):
        sticky = sticky or a[i] != ZERO
        a[i] = ZERO
    sticky = sticky or a[limb] & (unit - ONE) != ZERO
    a[limb] &= ~(unit - ONE)
    if sticky:
        a[limb] |= unit
    return False


@kernel
def _elements(
    enter: Words,
    leave: Words,
    lo: Integers,
    hi: Integers,
    exponent: int,
    mean: bool,
    single: bool,
    out: Floats,
    start: int,
    stop: int,
) -> None:
    total, space = np.empty(enter.shape[1], np.uint64), np.empty(quotient_limbs(int(mean)), np.uint64)
    divisors = np.empty(int(mean), np.uint64)
    for j in range(start, stop):
        divisors[:] = np.uint64(max(hi[j] - lo[j], 1))
        difference(enter[hi[j]], leave[lo[j]], total)
        negative, sticky, shift = quotient(total, divisors, space)
        if single:
            sticky = _round_to_odd(space, sticky)
        out[j] = round_unsigned(negative, space, sticky, exponent + shift)


def _element(column: Additive, lo: Integers, hi: Integers, mean: bool, single: bool) -> Floats:
    enter, leave = column.totals()
    out = np.empty(len(lo), np.float64)
    low = column.span.low
    run_ranges(
        lambda start, stop: _elements(enter, leave, lo, hi, low, mean, single, out, start, stop),
        len(lo),
        column.threads,
    )
    return canonical(with_specials(out, column.specials(lo, hi)))


def window_vectors(
    values: Values,
    lo: Integers,
    hi: Integers,
    *,
    mean: bool = False,
    orders: Orders | None = None,
    threads: int | None = None,
) -> tuple[Values, Booleans]:
    """Return the sum or mean of (n, d) vectors over windows, (m, d), and which windows have one.

    Every element is exact and rounded once to float32 or float64; NaN and infinities count as in IEEE
    addition. One element is worked on at a time, so that running totals take the space of one column.
    """
    out = np.empty((len(lo), values.shape[1]), values.dtype)
    single = values.dtype == np.float32
    for position in range(values.shape[1]):
        column = Additive(np.ascontiguousarray(values[:, position]), orders, threads=threads)
        with np.errstate(over="ignore"):
            out[:, position] = _element(column, lo, hi, mean, single)
    return out, filled(lo, hi)
