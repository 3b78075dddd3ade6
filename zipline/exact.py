"""Exact sums of numbers, rounded once to the nearest float, half to even."""

from __future__ import annotations

import math
from decimal import Decimal
from fractions import Fraction
from typing import NamedTuple

Number = bool | int | float | Decimal


def to_float64(value: Fraction) -> float:
    """Return the nearest float64, half to even, subnormals included; beyond the largest one +-inf; never
    -0.0.

    >>> to_float64(Fraction(1, 3)), to_float64(Fraction(-(10**400)))
    (0.3333333333333333, -inf)
    """
    try:
        # Python divides integers with one correct rounding (CPython's long_true_divide).
        return value.numerator / value.denominator + 0.0
    except OverflowError:
        return math.inf if value > 0 else -math.inf


def as_float64(value: Number) -> float:
    """Return a number as float64, an int or a decimal rounded once.

    >>> as_float64(2**53 + 1), as_float64(Decimal("0.1"))
    (9007199254740992.0, 0.1)
    """
    return value if isinstance(value, float) else to_float64(Fraction(value))


def to_float32(value: Fraction) -> float:
    """Return the nearest float32 (as a Python float), half to even; beyond the largest one +-inf; never -0.0.

    >>> to_float32(Fraction(1, 10)), to_float32(Fraction(2**128 - 2**103)), to_float32(Fraction(1, 2**150))
    (0.10000000149011612, inf, 0.0)
    """
    magnitude = abs(value)
    exponent = magnitude.numerator.bit_length() - magnitude.denominator.bit_length()
    if magnitude < Fraction(2) ** exponent:
        exponent -= 1
    unit = max(exponent - 23, -149)  # the last of 24 bits, or the least subnormal
    digits = round(magnitude / Fraction(2) ** unit)
    rounded = math.inf if digits * Fraction(2) ** unit >= 2**128 else math.ldexp(digits, unit)
    return -rounded if value < 0 and digits else rounded


def to_decimal(unscaled: int, scale: int) -> Decimal:
    """Return `unscaled / 10**scale` with `scale` digits after the point, whatever the decimal context says.

    >>> to_decimal(-1050, 2)
    Decimal('-10.50')
    """
    return Decimal((int(unscaled < 0), tuple(int(digit) for digit in str(abs(unscaled))), -scale))


class ExactSum(NamedTuple):
    """The exact sum of some numbers; NaN and infinities are counted beside it and leave no trace in it.

    Attributes:
        total: of the finite numbers.
        nans, positives, negatives: how many were NaN, +inf, -inf.

    >>> ExactSum.of(1e300).plus(ExactSum.of(1.0)).plus(ExactSum.of(-1e300)).rounded()
    1.0
    """

    total: Fraction = Fraction(0)
    nans: int = 0
    positives: int = 0
    negatives: int = 0

    @classmethod
    def of(cls, value: Number) -> ExactSum:
        """Return the sum of one number."""
        if isinstance(value, float) and not math.isfinite(value):
            return cls(Fraction(0), int(value != value), int(value == math.inf), int(value == -math.inf))
        return cls(Fraction(value))

    def plus(self, other: ExactSum) -> ExactSum:
        """Return the sum of both sums' numbers."""
        return ExactSum(
            self.total + other.total,
            self.nans + other.nans,
            self.positives + other.positives,
            self.negatives + other.negatives,
        )

    def times(self, factor: Fraction | int) -> ExactSum:
        """Return the sum with every number multiplied by a positive factor."""
        return self._replace(total=self.total * factor)

    @property
    def is_finite(self) -> bool:
        """Whether every number was finite."""
        return not (self.nans or self.positives or self.negatives)

    @property
    def special(self) -> float | None:
        """The NaN or infinity that IEEE addition gives where not every number is finite, else None."""
        if self.nans or (self.positives and self.negatives):
            return math.nan
        if self.positives:
            return math.inf
        return -math.inf if self.negatives else None

    def rounded(self) -> float:
        """Return the sum as float64, rounded once."""
        special = self.special
        return to_float64(self.total) if special is None else special

    def rounded32(self) -> float:
        """Return the sum as float32, rounded once."""
        special = self.special
        return to_float32(self.total) if special is None else special
