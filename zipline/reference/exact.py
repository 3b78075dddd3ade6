"""Sums and moments in exact fractions, rounded once. Section 5."""

from __future__ import annotations

import math
from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction
from typing import Any

from zipline.errors import DataError
from zipline.reference.values import NAN, as_float, to_float, to_float32
from zipline.types import DataType

Number = bool | int | float | Decimal


def total(values: Sequence[Number]) -> Fraction | float:
    """Return the exact sum, or what IEEE addition gives where NaN or infinities are among the values."""
    infinities: set[float] = {value for value in values if isinstance(value, float) and math.isinf(value)}
    if any(isinstance(value, float) and math.isnan(value) for value in values) or len(infinities) == 2:
        return NAN
    return infinities.pop() if infinities else sum((Fraction(value) for value in values), Fraction(0))


def rounded(exact: Fraction | float) -> float:
    """Return the nearest float64 of an exact sum."""
    return to_float(exact) if isinstance(exact, Fraction) else exact


def sum_of(values: Sequence[Number], kind: DataType) -> Any:
    """Return `Sum`: int64 of ints and bools, float64 of floats, decimal(38, s) of decimals."""
    exact = total(values)
    if kind.kind == "float64":
        return rounded(exact)
    assert isinstance(exact, Fraction)
    if kind.kind == "decimal":
        unscaled = int(exact * 10**kind.scale)
        if abs(unscaled) >= 10**38:
            raise DataError(f"a sum overflows decimal(38,{kind.scale})")
        return Decimal((int(unscaled < 0), tuple(int(digit) for digit in str(abs(unscaled))), -kind.scale))
    if not -(2**63) <= exact < 2**63:
        raise DataError("a sum overflows int64")
    return int(exact)


def mean_of(values: Sequence[Number]) -> float:
    """Return `Mean`: the exact sum rounded to float64, divided by n."""
    return rounded(total(values)) / float(len(values))


def deviation_sum(values: Sequence[Number], power: int) -> float:
    """Return m2, m3 or m4: the sum of powers of deviations from the mean, rounded once."""
    numbers = [Fraction(value) for value in values]
    mean = sum(numbers, Fraction(0)) / len(numbers)
    return to_float(sum(((number - mean) ** power for number in numbers), Fraction(0)))


def moment(name: str, values: Sequence[Number], sample: bool) -> float | None:
    """Return `Variance`, `Stddev`, `Skew` or `Kurtosis`; null where n is too small or a divisor is 0."""
    n = float(len(values))
    least = {"Skew": 3, "Kurtosis": 4}.get(name, 2 if sample else 1)
    if n < least:
        return None
    if any(math.isnan(as_float(value)) or math.isinf(as_float(value)) for value in values):
        return NAN
    m2 = deviation_sum(values, 2)
    if name == "Variance":
        return m2 / (n - 1.0 if sample else n)
    if name == "Stddev":
        return math.sqrt(m2 / (n - 1.0 if sample else n))
    if name == "Skew":
        return _divide(math.sqrt(n) * deviation_sum(values, 3), m2 * math.sqrt(m2))
    ratio = _divide(n * deviation_sum(values, 4), m2 * m2)
    return None if ratio is None else ratio - 3.0


def _divide(dividend: float, divisor: float) -> float | None:
    return None if divisor == 0 else dividend / divisor


def vector_of(vectors: Sequence[list[float]], kind: DataType, mean: bool) -> list[float]:
    """Return `VectorSum` or `VectorMean`, element by element, each rounded once to the element's type."""
    round_once = to_float32 if kind.element is not None and kind.element.kind == "float32" else to_float
    divisor = len(vectors) if mean else 1
    sums = [total(elements) for elements in zip(*vectors, strict=True)]
    return [each if isinstance(each, float) else round_once(each / divisor) for each in sums]


def decayed(terms: Sequence[tuple[float, int]], scale: float) -> float:
    """Return the exact sum of `term * 2**power`, rounded once, divided by `scale`."""
    special = total([term for term, _ in terms])
    if isinstance(special, float):
        return special / scale
    exact = sum((Fraction(term) * Fraction(2) ** power for term, power in terms), Fraction(0))
    return to_float(exact) / scale
