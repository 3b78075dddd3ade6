"""Sums and means of windows against fractions: every window of small columns, to the bit."""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.engines.kernels.exact import every_window, nearest, same, total, unscaled, words
from zipline.engines.kernels.additive import Additive, Orders
from zipline.engines.kernels.sums import window_decimal_sum, window_integer_sum, window_mean, window_sum

INT64 = st.integers(-(2**63), 2**63 - 1)
LARGEST = 1.7976931348623157e308

HARD = {
    "far apart": [1e300, 1e-300, -1e300, 5e-324, 3.0],
    "cancels to a subnormal": [2.0**-1022, -(2.0**-1022), 5e-324, 1.5 * 2.0**-1022, -(2.0**-1022)],
    "overflows and comes back": [LARGEST, LARGEST, -LARGEST, -LARGEST, 1.0],
    "rounds up to infinity": [LARGEST, 2.0**969, 2.0**969],
    "stays below infinity": [LARGEST, 2.0**969],
    "a tie goes to even": [2.0**53, 1.0, 2.0],
    "a tie and a little more": [2.0**53, 1.0, 1e-300],
    "infinities": [1.0, math.inf, -math.inf, 2.0, -math.inf],
    "nan": [1.0, math.nan, 2.0, math.inf],
    "zeros": [0.0, -0.0, -0.0],
    "everything at once": [1e308, 1e308, math.nan, -1e308, 5e-324, -math.inf, 0.1],
    "nothing": [],
}


def check_floats(values: list[float], orders: Orders | None = None) -> None:
    lo, hi = every_window(len(values))
    column = Additive(np.array(values, np.float64), orders)
    expected = [0.0 if a == b else canonical(total(values[a:b])) for a, b in zip(lo, hi, strict=True)]
    sums, valid = window_sum(column, lo, hi)
    assert same(sums, expected)
    assert valid.tolist() == (hi > lo).tolist()
    means, valid = window_mean(column, lo, hi)
    assert same(means, [canonical(x / max(b - a, 1)) for x, a, b in zip(expected, lo, hi, strict=True)])
    assert valid.tolist() == (hi > lo).tolist()


def canonical(value: float) -> float:
    return math.nan if math.isnan(value) else value + 0.0


@pytest.mark.parametrize("values", HARD.values(), ids=HARD.keys())
def test_hard_floats(values: list[float]) -> None:
    check_floats(values)


@given(st.lists(st.floats() | st.sampled_from([1e300, -1e300, 5e-324, LARGEST, -LARGEST]), max_size=8))
def test_any_floats(values: list[float]) -> None:
    check_floats(values)


def test_columns_of_ordinary_width_take_two_limbs() -> None:
    values = np.random.default_rng(1).lognormal(3, 1, 1000)
    column = Additive(values)
    lo, hi = np.arange(900), np.arange(100, 1000)
    sums, _ = window_sum(column, lo, hi)
    assert column.totals()[0].shape == (1001, 2)
    assert same(sums, [math.fsum(values[a:b]) for a, b in zip(lo, hi, strict=True)])


@given(st.lists(INT64, max_size=8))
def test_any_integers(values: list[int]) -> None:
    lo, hi = every_window(len(values))
    column = Additive(np.array(values, np.int64))
    expected = [sum(values[a:b]) for a, b in zip(lo, hi, strict=True)]
    sums, valid, failed = window_integer_sum(column, lo, hi)
    beyond = [index for index, value in enumerate(expected) if not -(2**63) <= value < 2**63]
    assert failed == (beyond[0] if beyond else -1)
    assert sums.tolist()[: failed if beyond else None] == expected[: failed if beyond else None]
    assert valid.tolist() == (hi > lo).tolist()
    means, _ = window_mean(column, lo, hi)
    assert same(means, [float(x) / max(b - a, 1) for x, a, b in zip(expected, lo, hi, strict=True)])


def test_an_intermediate_total_may_overflow() -> None:
    column = Additive(np.array([2**63 - 1, 2**63 - 1, -(2**63), -(2**63), 2], np.int64))
    sums, _, failed = window_integer_sum(column, np.array([0, 2]), np.array([5, 5]))
    assert failed == 1
    assert sums[0] == 0


def test_a_total_of_two_to_the_63_is_the_first_that_does_not_fit() -> None:
    column = Additive(np.array([2**63 - 1, 1, -1], np.int64))
    assert window_integer_sum(column, np.array([0, 0]), np.array([3, 2]))[2] == 1
    assert window_mean(column, np.array([0]), np.array([2]))[0].tolist() == [2.0**62]


def test_booleans_count_as_one_and_zero() -> None:
    sums, _, failed = window_integer_sum(
        Additive(np.array([True, False, True])), np.array([0]), np.array([3])
    )
    assert (sums.tolist(), failed) == ([2], -1)


@settings(max_examples=50)
@given(
    st.lists(st.integers(1 - 10**38, 10**38 - 1) | st.integers(-99, 99), max_size=6),
    st.sampled_from([0, 2, 9, 10, 38]),
)
def test_any_decimals(values: list[int], scale: int) -> None:
    lo, hi = every_window(len(values))
    column = Additive(words(values).reshape(-1, 2), scale=scale)
    expected = [sum(values[a:b]) for a, b in zip(lo, hi, strict=True)]
    sums, _, failed = window_decimal_sum(column, lo, hi)
    beyond = [index for index, value in enumerate(expected) if abs(value) >= 10**38]
    assert failed == (beyond[0] if beyond else -1)
    assert unscaled(sums)[: failed if beyond else None] == expected[: failed if beyond else None]
    means, _ = window_mean(column, lo, hi)
    exact = [nearest(Fraction(x, 10**scale)) for x in expected]
    assert same(means, [x / max(b - a, 1) for x, a, b in zip(exact, lo, hi, strict=True)])


def test_a_window_is_what_has_entered_and_not_left() -> None:
    column = Additive(
        np.array([1.0, 1e300, math.inf, 4.0]), Orders(np.array([1, 0, 2, 3]), np.array([1, 2, 0, 3]))
    )
    lo, hi = np.array([0, 1, 1, 2]), np.array([2, 2, 3, 4])
    assert window_sum(column, lo, hi)[0].tolist() == [1e300, 1.0, math.inf, 5.0]


def test_threads_agree() -> None:
    values = np.random.default_rng(2).normal(size=300_000) * 1e6
    hi = np.sort(np.random.default_rng(3).integers(0, len(values), 100_000))
    lo = np.maximum(hi - 500, 0)
    alone, together = (window_sum(Additive(values, threads=threads), lo, hi)[0] for threads in (1, 4))
    assert alone.tobytes() == together.tobytes()
    assert alone[-1] == math.fsum(values[lo[-1] : hi[-1]])
