"""Exact sums of words: against fractions, in one pass and in parts that are put together again."""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from zipline.engines.kernels.online_sums import (
    LIMBS,
    add_floats,
    add_limbs,
    float_parts,
    integer_sum,
    rounded,
)
from zipline.exact import ExactSum, to_float64
from zipline.online.state.partial_numbers import limb_bytes

floats = st.floats(allow_nan=False, allow_infinity=False) | st.sampled_from(
    [1.7e308, -1.7e308, 5e-324, 2.0**53]
)


def words(values: list[float]) -> np.ndarray[tuple[int], np.dtype[np.uint64]]:
    return np.array(values, np.float64).view(np.uint64)


@given(st.lists(floats, max_size=30))
@settings(max_examples=200)
def test_two_parts_or_all_bits_give_the_sum_rounded_once(values: list[float]) -> None:
    exact = sum(map(Fraction, values), Fraction(0))
    data, places = words(values), np.arange(len(values))
    high, low, are_exact = float_parts(data, places, len(values), 0)
    if are_exact:
        assert Fraction(high) + Fraction(low) == exact
    total = np.zeros(LIMBS, np.uint64)
    special = add_floats(data, places, len(values), 0, total)
    assert rounded(total, special) == to_float64(exact)


@given(st.lists(st.sampled_from([1.0, math.inf, -math.inf, math.nan]), min_size=1, max_size=4))
def test_infinities_and_nan_are_as_ieee_addition_has_them(values: list[float]) -> None:
    total = np.zeros(LIMBS, np.uint64)
    special = add_floats(words(values), np.arange(len(values)), len(values), 0, total)
    expected = ExactSum()
    for value in values:
        expected = expected.plus(ExactSum.of(value))
    found = rounded(total, special)
    assert found == expected.rounded() or (math.isnan(found) and math.isnan(expected.rounded()))


@given(st.lists(st.lists(floats, max_size=5), max_size=4))
def test_limbs_of_parts_add_up(parts: list[list[float]]) -> None:
    total = np.zeros(LIMBS, np.uint64)
    for part in parts:
        exact = sum(map(Fraction, part), Fraction(0))
        stored = np.frombuffer(limb_bytes(int(exact * 2**1074)), np.uint64)
        add_limbs(stored, 1, len(stored) - 1, int(stored[0]), total)
    expected = sum((Fraction(value) for part in parts for value in part), Fraction(0))
    assert rounded(total, 0.0) == to_float64(expected)


@given(st.lists(st.integers(-(2**63), 2**63 - 1), max_size=20))
def test_integers_add_up_in_two_words(values: list[int]) -> None:
    data = np.array(values, np.int64).view(np.uint64)
    low, high = integer_sum(data, np.arange(len(values)), len(values), 0)
    assert int(low) + (int(high) << 64) - (int(high) >> 63 << 128) == sum(values)
