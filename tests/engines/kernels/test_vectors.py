"""Vector sums and means of windows against fractions."""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.engines.kernels.exact import every_window, same, total
from zipline.engines.kernels.vectors import window_vectors

SINGLES = st.floats(width=32, allow_nan=False, allow_infinity=False)


def nearest_single(exact: Fraction) -> float:
    """Return a fraction rounded once to float32: of the neighbours the closest, an even one in a tie."""
    if abs(exact) >= Fraction(2) ** 128 - Fraction(2) ** 103:
        return math.copysign(math.inf, exact)
    with np.errstate(over="ignore"):
        guess = np.float32(float(exact))
        around = [np.nextafter(guess, np.float32(side)) for side in (-math.inf, math.inf)]
    near = [value for value in (guess, *around) if np.isfinite(value)]
    return float(
        min(near, key=lambda value: (abs(Fraction(float(value)) - exact), int(value.view(np.uint32)) & 1))
    )


@settings(max_examples=60)
@given(st.lists(st.tuples(SINGLES, SINGLES), min_size=1, max_size=6), st.booleans())
def test_float32_is_rounded_once(rows: list[tuple[float, float]], mean: bool) -> None:
    values = np.array(rows, np.float32)
    lo, hi = every_window(len(rows))
    found, valid = window_vectors(values, lo, hi, mean=mean)
    assert found.dtype == np.float32
    assert valid.tolist() == (hi > lo).tolist()
    for row, a, b in zip(found[valid].tolist(), lo[valid], hi[valid], strict=True):
        sums = [sum((Fraction(vector[element]) for vector in rows[a:b]), Fraction(0)) for element in range(2)]
        assert row == [nearest_single(exact / int(b - a) if mean else exact) for exact in sums]


def test_a_mean_is_not_rounded_twice() -> None:
    # The sum is 2**24 + 1 + 2**-53, a little above half way between two float32; as float64 it is half way.
    values = np.array([[2.0**24], [1.0], [2.0**-53]], np.float32)
    assert window_vectors(values, np.array([0]), np.array([3]))[0].tolist() == [[2.0**24 + 2]]


@settings(max_examples=60)
@given(st.lists(st.tuples(st.floats(), st.floats()), max_size=6))
def test_any_float64(rows: list[tuple[float, float]]) -> None:
    lo, hi = every_window(len(rows))
    found, _ = window_vectors(np.array(rows, np.float64).reshape(-1, 2), lo, hi)
    for element in range(2):
        column = [vector[element] for vector in rows]
        expected = [total(column[a:b]) if b > a else 0.0 for a, b in zip(lo, hi, strict=True)]
        assert same(found[:, element].copy(), [math.nan if math.isnan(x) else x + 0.0 for x in expected])


@pytest.mark.parametrize("width", [1, 17])
def test_any_length(width: int) -> None:
    values = np.random.default_rng(4).normal(size=(50, width))
    found, _ = window_vectors(values, np.array([3]), np.array([40]), mean=True)
    expected = [float(sum(map(Fraction, column)) / 37) for column in values[3:40].T.tolist()]
    assert found[0].tolist() == expected
