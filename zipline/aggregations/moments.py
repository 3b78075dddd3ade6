"""The power sums that variance, deviation, skew and kurtosis are finished from."""

from __future__ import annotations

import math
from collections.abc import Sequence
from fractions import Fraction
from math import comb
from typing import ClassVar, NamedTuple

from zipline.aggregations.accepts import numeric
from zipline.dsl.aggregation import Aggregation, Input
from zipline.exact import to_float64
from zipline.order import canonical_float
from zipline.types import FLOAT64, DataType


class PowerSums(NamedTuple):
    """How many values there were, how many of them not finite, and the others' sums of powers 1 to 4."""

    n: int = 0
    specials: int = 0
    sums: tuple[Fraction, ...] = (Fraction(0),) * 4

    def deviation(self, power: int) -> float:
        """Return the sum of `(x - mean) ** power`, exact and rounded once to float64."""
        raw = (Fraction(self.n), *self.sums)
        mean = raw[1] / self.n
        terms = (comb(power, j) * raw[j] * (-mean) ** (power - j) for j in range(power + 1))
        return to_float64(sum(terms, Fraction(0)))


class Moments(Aggregation):
    """A statistic of the exact power sums; subclasses say how it is made of n and rounded deviations.

    A divisor of 0 or too few values give null; otherwise any NaN or infinity among the values gives NaN.
    """

    least: ClassVar[int] = 1
    """How many values the statistic needs."""

    def output_type(self, inputs: Sequence[DataType]) -> DataType:
        numeric(self, inputs)
        return FLOAT64

    def zero(self) -> PowerSums:
        return PowerSums()

    def add(self, partial: PowerSums, event: Input) -> PowerSums:
        value = event.value
        if isinstance(value, float) and not math.isfinite(value):
            return self.merge(partial, PowerSums(1, 1))
        exact = Fraction(value)
        return self.merge(partial, PowerSums(1, 0, tuple(exact**power for power in range(1, 5))))

    def merge(self, left: PowerSums, right: PowerSums) -> PowerSums:
        sums = tuple(one + other for one, other in zip(left.sums, right.sums, strict=True))
        return PowerSums(left.n + right.n, left.specials + right.specials, sums)

    def finish(self, partial: PowerSums, t: int) -> float | None:
        if partial.n < self.needed:
            return None
        if partial.specials:
            return math.nan
        statistic = self.statistic(partial)
        return None if statistic is None else canonical_float(statistic)

    @property
    def needed(self) -> int:
        """How many values the statistic needs, with its options."""
        return self.least

    def statistic(self, powers: PowerSums) -> float | None:
        """Return the statistic of enough finite values, or null where its divisor is 0."""
        raise NotImplementedError
