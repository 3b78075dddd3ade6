"""Skew: how far the values lean to one side of their mean."""

from __future__ import annotations

import math
from typing import Any, ClassVar

from zipline.aggregations.moments import Moments, PowerSums
from zipline.dsl.aggregation import common


class Skew(Moments):
    """The skewness of a numeric column: `(sqrt(n) * m3) / (m2 * sqrt(m2))`, float64.

    `m2` and `m3`, the sums of powers of deviations from the mean, are exact and rounded once; the rest is
    IEEE arithmetic in the order written. Null for fewer than 3 values or where all are equal; any NaN or
    infinity gives NaN.

    Args:
        column: int, float, decimal or bool (true is 1).

    >>> from zipline.dsl.aggregation import Input
    >>> skew, partial = Skew("amount"), Skew("amount").zero()
    >>> for value in (1, 2, 3):
    ...     partial = skew.add(partial, Input(0, 0, value))
    >>> skew.finish(partial, 1)
    0.0
    """

    kind: ClassVar[str] = "skew"
    least: ClassVar[int] = 3

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
        m2, m3 = powers.deviation(2), powers.deviation(3)
        divisor = m2 * math.sqrt(m2)
        return (math.sqrt(powers.n) * m3) / divisor if divisor else None
