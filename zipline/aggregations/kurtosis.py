"""Kurtosis: how heavy the tails are, beyond those of a normal distribution."""

from __future__ import annotations

from typing import Any, ClassVar

from zipline.aggregations.moments import Moments, PowerSums
from zipline.dsl.aggregation import common


class Kurtosis(Moments):
    """The excess kurtosis of a numeric column: `(n * m4) / (m2 * m2) - 3`, float64.

    `m2` and `m4`, the sums of powers of deviations from the mean, are exact and rounded once; the rest is
    IEEE arithmetic in the order written. Null for fewer than 4 values or where all are equal; any NaN or
    infinity gives NaN.

    Args:
        column: int, float, decimal or bool (true is 1).

    >>> from zipline.dsl.aggregation import Input
    >>> kurtosis, partial = Kurtosis("amount"), Kurtosis("amount").zero()
    >>> for value in (-1, -1, 1, 1):
    ...     partial = kurtosis.add(partial, Input(0, 0, value))
    >>> kurtosis.finish(partial, 1)
    -2.0
    """

    kind: ClassVar[str] = "kurtosis"
    least: ClassVar[int] = 4

    def __init__(
        self,
        column: str,
        *,
        where: str | None = None,
        by: str | None = None,
        limit: int | None = None,
        default: Any = None,
    ) -> None:
        super().__init__(column=column, **common(where, by, limit, default))

    def statistic(self, powers: PowerSums) -> float | None:
        m2, m4 = powers.deviation(2), powers.deviation(4)
        divisor = m2 * m2
        return (powers.n * m4) / divisor - 3 if divisor else None
