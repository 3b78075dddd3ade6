"""Moments of windows against fractions, and the statistics made of them."""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.engines.kernels.exact import deviations, every_window, same, words
from zipline.engines.kernels.additive import Additive, Orders
from zipline.engines.kernels.moments import kurtosis, moment, skew, stddev, variance

HARD = {
    "far apart": [1e300, 1e-300, -1e300, 5e-324],
    "squares underflow": [1e-160, 2e-160, 3e-162, 1.7e-161, 5e-324],
    "fourth powers overflow": [1e77, 2e76, 3.3e77, -1e78, 1e80],
    "cancellation": [1e15 + 0.125, 1e15 + 0.25, 1e15 + 0.375, 1e15],
    "all equal": [0.1] * 5,
}


def check(column: Additive, values: list[Fraction]) -> None:
    lo, hi = every_window(len(values))
    for power in (2, 3, 4):
        expected = [
            deviations(values[a:b], power) if b - a >= power else 0.0 for a, b in zip(lo, hi, strict=True)
        ]
        assert same(moment(column, power, lo, hi), expected)


@pytest.mark.parametrize("values", HARD.values(), ids=HARD.keys())
def test_hard_floats(values: list[float]) -> None:
    check(Additive(np.array(values)), [Fraction(value) for value in values])


@settings(max_examples=50)
@given(st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=1, max_size=6))
def test_any_floats(values: list[float]) -> None:
    check(Additive(np.array(values)), [Fraction(value) for value in values])


@settings(max_examples=50)
@given(st.lists(st.integers(-(2**63), 2**63 - 1) | st.integers(-9, 9), min_size=1, max_size=6))
def test_any_integers(values: list[int]) -> None:
    check(Additive(np.array(values, np.int64)), [Fraction(value) for value in values])


@settings(max_examples=50)
@given(
    st.lists(st.integers(1 - 10**38, 10**38 - 1) | st.integers(-9, 9), min_size=1, max_size=5),
    st.sampled_from([0, 2, 38]),
)
def test_any_decimals(values: list[int], scale: int) -> None:
    check(Additive(words(values), scale=scale), [Fraction(value, 10**scale) for value in values])


def test_orders_of_entering_and_leaving() -> None:
    column = Additive(np.array([1.0, 5.0, 9.0]), Orders(np.array([2, 0, 1]), np.array([1, 2, 0])))
    assert moment(column, 2, np.array([1]), np.array([3])).tolist() == [32.0]


def statistics(values: list[float]) -> dict[str, float | None]:
    """Return all four of one window, None where there is none."""
    column, lo, hi = Additive(np.array(values)), np.array([0]), np.array([len(values)])
    m2, m3, m4 = (moment(column, power, lo, hi) for power in (2, 3, 4))
    n = hi - lo
    found = {
        "variance": variance(m2, n),
        "sample": variance(m2, n, sample=True),
        "stddev": stddev(m2, n),
        "skew": skew(m2, m3, n),
        "kurtosis": kurtosis(m2, m4, n),
    }
    return {name: value[0].item() if valid[0] else None for name, (value, valid) in found.items()}


def test_formulas() -> None:
    m2, m3, m4 = (deviations([Fraction(x) for x in (1, 2, 4, 9)], power) for power in (2, 3, 4))
    assert statistics([1.0, 2.0, 4.0, 9.0]) == {
        "variance": m2 / 4,
        "sample": m2 / 3,
        "stddev": math.sqrt(m2 / 4),
        "skew": (math.sqrt(4) * m3) / (m2 * math.sqrt(m2)),
        "kurtosis": (4 * m4) / (m2 * m2) - 3,
    }


def test_too_few_events_give_null() -> None:
    nothing = dict.fromkeys(("variance", "sample", "stddev", "skew", "kurtosis"))
    assert statistics([]) == nothing
    assert statistics([math.nan]) | {"variance": 0, "stddev": 0} == nothing | {"variance": 0, "stddev": 0}
    assert statistics([7.0]) == nothing | {"variance": 0.0, "stddev": 0.0}
    assert statistics([1.0, 2.0])["skew"] is None
    assert statistics([1.0, 2.0, 4.0])["kurtosis"] is None


def test_equal_values_have_no_shape() -> None:
    found = statistics([0.1] * 6)
    assert (found["variance"], found["skew"], found["kurtosis"]) == (0.0, None, None)


def test_a_divisor_that_underflows_gives_null() -> None:
    found = statistics([1e-150, 2e-150, 4e-150, 3e-150])
    assert found["variance"] is not None
    assert (found["skew"], found["kurtosis"]) == (None, None)


@pytest.mark.parametrize("special", [math.nan, math.inf, -math.inf])
def test_special_values_give_nan(special: float) -> None:
    found = statistics([1.0, special, 2.0, 4.0])
    assert all(value is not None and math.isnan(value) for value in found.values())


def test_special_values_leave_no_trace_outside_the_window() -> None:
    column = Additive(np.array([math.inf, 1.0, 3.0]))
    assert moment(column, 2, np.array([1]), np.array([3])).tolist() == [2.0]
