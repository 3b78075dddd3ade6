"""Totals of half-lives in a ring, for events that enter and leave in orders of their own.

Observations of an entity are walked in order. An event adds to the total of its half-life when it becomes
visible, and is taken out of it when it stops being so; only the latest half-lives can be within reach.
"""

from __future__ import annotations

import numpy as np

from zipline.engines.kernels.arrays import Floats, Integers, Words
from zipline.engines.kernels.jit import kernel
from zipline.engines.kernels.limbs import add_shifted, copy, negate, round_signed
from zipline.engines.kernels.parts import parts
from zipline.engines.kernels.rounding import SIGN_BIT
from zipline.engines.kernels.wide import ZERO

REACH = 256
"""Half-lives that an event is remembered for."""

SLOTS = 512
"""Ring size: a power of two above `REACH`, so that an event whose slot a later one took is out of reach."""

NEVER = np.iinfo(np.int64).min


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
        for kind in range(4):
            counts[slot, kind] = 0
        for limb in range(sums.shape[1]):
            sums[slot, limb] = ZERO
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
    copy(total[:0], total)
    nan, positive, negative = 0, 0, 0
    for k in range(now, now - REACH - 1, -1):
        slot = k & (SLOTS - 1)
        if slots[slot] == k and counts[slot, 0] > 0:
            copy(sums[slot], part)
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
def walk(
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
    """Set ``out[j]`` to the rounded total of every observation in ``order[start:stop]``.

    Events are given twice, by entering and by leaving: their terms and half-lives. `order` sorts observations
    by `hi` and `lo`; `first` is where the events of an observation's entity begin.
    """
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
            for slot in range(SLOTS):
                slots[slot] = NEVER
        for i in range(entered, hi[j]):
            _change(entering[i], entering_k[i], low, False, slots, counts, sums, part[:1])
        for i in range(left, lo[j]):
            _change(leaving[i], leaving_k[i], low, True, slots, counts, sums, part[:1])
        entered, left = max(entered, hi[j]), max(left, lo[j])
        out[j] = _fold(now[j], hi[j] - lo[j], low, slots, counts, sums, total, part)
