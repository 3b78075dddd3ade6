"""Exact sums, and the one rounding that ends them."""

from __future__ import annotations

import math
import struct
from decimal import Decimal
from fractions import Fraction
from functools import reduce

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zipline.exact import ExactSum, as_float64, to_decimal, to_float32, to_float64

FINITE = st.floats(allow_nan=False, allow_infinity=False)
LARGEST = 1.7976931348623157e308


def bits(value: float) -> bytes:
    """Return a float's bytes, so that 0.0 and -0.0, and all NaNs, differ."""
    return struct.pack("<d", value)


def total(*values: float | int | Decimal) -> ExactSum:
    """Return the exact sum of some numbers."""
    return reduce(ExactSum.plus, map(ExactSum.of, values), ExactSum())


@given(st.lists(st.floats(-1e300, 1e300), max_size=20))
def test_sums_are_what_fsum_gives(values: list[float]) -> None:
    assert bits(total(*values).rounded()) == bits(math.fsum(values) + 0.0)


@given(FINITE)
def test_rounding_a_float_returns_it(value: float) -> None:
    assert bits(to_float64(Fraction(value))) == bits(value + 0.0)


@given(FINITE)
def test_float32_rounding_is_the_machines(value: float) -> None:
    try:
        (expected,) = struct.unpack("<f", struct.pack("<f", value))
    except OverflowError:
        expected = math.copysign(math.inf, value)
    assert bits(to_float32(Fraction(value))) == bits(expected + 0.0)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (Fraction(1, 2**1074), 5e-324),
        (Fraction(1, 2**1075), 0.0),
        (Fraction(3, 2**1075), 1e-323),
        (Fraction(-1, 2**1075), 0.0),
        (Fraction(LARGEST) + Fraction(2) ** 969, LARGEST),
        (Fraction(LARGEST) + Fraction(2) ** 970, math.inf),
        (-Fraction(LARGEST) - Fraction(2) ** 970, -math.inf),
        (Fraction(2**53 + 1), 2.0**53),
        (Fraction(2**53 + 3), 2.0**53 + 4),
    ],
)
def test_float64_rounding_at_its_edges(value: Fraction, expected: float) -> None:
    assert bits(to_float64(value)) == bits(expected)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (Fraction(1, 2**149), 2.0**-149),
        (Fraction(1, 2**150), 0.0),
        (Fraction(3, 2**150), 2.0**-148),
        (Fraction(2**128 - 2**103) - 1, float(2**128 - 2**104)),
        (Fraction(2**128 - 2**103), math.inf),
        (Fraction(-(2**128)), -math.inf),
        # Rounded to float64 first, this would be a tie and come out even: once is not twice.
        (1 + Fraction(1, 2**24) + Fraction(1, 2**60), 1 + 2.0**-23),
    ],
)
def test_float32_rounding_at_its_edges(value: Fraction, expected: float) -> None:
    assert bits(to_float32(value)) == bits(expected)


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([1e300, 1e-300, -1e300], 1e-300),
        ([LARGEST, LARGEST, -LARGEST], LARGEST),
        ([LARGEST, LARGEST], math.inf),
        ([-0.0], 0.0),
        ([math.inf, 1.0], math.inf),
        ([-math.inf, LARGEST], -math.inf),
        ([math.inf, -math.inf], math.nan),
        ([math.nan, math.inf], math.nan),
        ([], 0.0),
    ],
)
def test_special_values_give_what_ieee_addition_gives(values: list[float], expected: float) -> None:
    assert bits(total(*values).rounded()) == bits(expected)
    assert total(*values).is_finite == all(math.isfinite(value) for value in values)


def test_numbers_of_every_kind_become_floats_with_one_rounding() -> None:
    assert as_float64(2**63 - 1) == 2.0**63
    assert as_float64(True) == 1.0
    assert as_float64(Decimal("0.1")) == 0.1
    assert math.isnan(as_float64(math.nan))
    assert total(1, Decimal("0.5"), True).times(2).rounded() == 5.0
    assert total(1e300, 1.0).rounded32() == math.inf
    assert math.isnan(total(math.nan).rounded32())


@given(st.integers(-(10**38) + 1, 10**38 - 1), st.integers(0, 38))
def test_decimals_keep_all_their_digits(unscaled: int, scale: int) -> None:
    value = to_decimal(unscaled, scale)
    assert Fraction(value) == Fraction(unscaled, 10**scale)
    assert value.as_tuple().exponent == -scale
