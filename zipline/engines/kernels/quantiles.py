"""Quantiles of every window by DDSketch: sliding counts of buckets, in blocks that make a rank quick to find.

The buckets themselves are `zipline.sketches.ddsketch`; a column's values become dense codes of those it has.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from zipline.engines.kernels.arrays import Floats, Integers, Values, empty
from zipline.engines.kernels.dense import dense
from zipline.engines.kernels.jit import kernel, run_ranges
from zipline.engines.kernels.sliding import Sliding
from zipline.engines.kernels.wide import FRACTION, bits_to_float, float_to_bits
from zipline.sketches.ddsketch import Buckets

BITS = 6  # counts are summed up by 64 codes, and those sums by 64 again
ONE_BITS = np.uint64(1023 << 52)


@dataclass(frozen=True)
class Bucketed:
    """A column as the buckets of its values: dense codes in their order, and the answer of each code."""

    codes: Values
    answers: Floats


@kernel
def _bucket_keys(
    values: Floats, multiplier: float, before: int, infinite: int, keys: Integers, start: int, stop: int
) -> None:
    for i in range(start, stop):
        value = values[i]
        magnitude = abs(value)
        bits = float_to_bits(magnitude)
        x = np.int64(bits >> np.uint64(52)) - 1023
        if value != value:
            keys[i] = infinite + 1
            continue
        if x == -1023:
            keys[i] = 0
            continue
        key = infinite
        if x < 1024:
            # 2**x is divided out exactly: what is left are the fraction's bits under the exponent of 1.
            s = bits_to_float((bits & FRACTION) | ONE_BITS)
            key = int(np.floor((x - (s - 5.0) * (s - 1.0) * (1.0 / 3.0)) * multiplier)) - before
        keys[i] = key if value > 0 else -key


def bucketed(values: Floats, accuracy: str, threads: int | None = None) -> Bucketed:
    """Return the buckets of a float64 column for a relative accuracy given as decimal text."""
    buckets = Buckets(accuracy)
    keys = empty(len(values), np.int64)
    run_ranges(
        lambda start, stop: _bucket_keys(
            values, buckets.multiplier, buckets.first - 1, buckets.infinite, keys, start, stop
        ),
        len(values),
        threads,
    )
    found, codes = dense(keys, threads)
    return Bucketed(codes, np.array([buckets.value(key) for key in found.tolist()], np.float64))


@kernel
def _count(counts: Values, blocks: Values, regions: Values, code: int, by: int) -> None:
    counts[code] += by
    blocks[code >> BITS] += by
    regions[code >> (2 * BITS)] += by


@kernel
def _find(counts: Values, blocks: Values, regions: Values, rank: int) -> int:
    """Return the code of the value that has `rank` others before it."""
    place = 0
    while regions[place] <= rank:
        rank -= regions[place]
        place += 1
    place <<= BITS
    while blocks[place] <= rank:
        rank -= blocks[place]
        place += 1
    place <<= BITS
    while counts[place] <= rank:
        rank -= counts[place]
        place += 1
    return place


@kernel
def _slide(
    entering: Values, leaving: Values, lo: Integers, hi: Integers, starts: Integers, begins: Integers,
    contiguous: bool, counts: Values, blocks: Values, regions: Values, shares: Floats, answers: Floats, out:
    Floats, first: int, last: int,
) -> None:  # fmt: skip
    for key in range(first, last):
        entered = left = begins[key]
        for j in range(starts[key], starts[key + 1]):
            while contiguous and left < lo[j] and left < entered:
                _count(counts, blocks, regions, leaving[left], -1)
                left += 1
            if contiguous and left < lo[j]:
                entered = left = lo[j]
            while entered < hi[j]:
                _count(counts, blocks, regions, entering[entered], 1)
                entered += 1
            while left < lo[j]:
                _count(counts, blocks, regions, leaving[left], -1)
                left += 1
            for i in range(len(shares) if hi[j] > lo[j] else 0):
                rank = int(np.floor(shares[i] * np.float64(hi[j] - lo[j] - 1)))
                out[j, i] = answers[_find(counts, blocks, regions, rank)]
        for position in range(left if contiguous else begins[key], entered):
            code = entering[position]
            counts[code] = 0
            blocks[code >> BITS] = 0
            regions[code >> (2 * BITS)] = 0


def window_quantiles(column: Bucketed, shares: Sequence[float], windows: Sliding) -> Floats:
    """Return the quantiles of every window, float64[m, len(shares)]; 0.0 where a window is empty.

    A quantile `q` of n values is the answer of the bucket that holds the value of rank ``floor(q * (n -
    1))``.
    """
    out = np.zeros((len(windows.lo), len(shares)), np.float64)
    entering, leaving = windows.in_order(column.codes)
    wanted = np.array(shares, np.float64)
    size = len(column.answers)

    def make() -> tuple[Values, Values, Values]:
        counts, blocks, regions = (np.zeros((size >> bits) + 1, np.int32) for bits in (0, BITS, 2 * BITS))
        return counts, blocks, regions

    def slide(space: tuple[Values, Values, Values], first: int, last: int) -> None:
        _slide(
            entering, leaving, windows.lo, windows.hi, windows.starts, windows.begins, windows.contiguous,
            *space, wanted, column.answers, out, first, last,
        )  # fmt: skip

    windows.run(make, slide)
    return out
