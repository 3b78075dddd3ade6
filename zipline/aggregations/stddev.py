"""Stddev: the square root of the variance."""

from __future__ import annotations

import math
from typing import Any, ClassVar

from zipline.aggregations.moments import PowerSums
from zipline.aggregations.spread import Spread
from zipline.dsl.aggregation import common


class Stddev(Spread):
    """The standard deviation of a numeric column: `sqrt(m2 / n)`, or `sqrt(m2 / (n - 1))` of a sample.

    The result is float64 and null without values. `m2`, the sum of squared deviations from the mean, is exact
    and rounded once. Any NaN or infinity gives NaN.

    Args:
        column: int, float, decimal or bool (true is 1).
        sample: divide by n - 1; a single value then gives null.

    >>> from zipline.dsl.aggregation import Input
    >>> stddev = Stddev("amount")
    >>> stddev.finish(stddev.add(stddev.add(stddev.zero(), Input(0, 0, 1)), Input(1, 1, 5)), 2)
    2.0
    """

    kind: ClassVar[str] = "stddev"

    def __init__(
        self,
        column: str,
        *,
        sample: bool = False,
        where: str | None = None,
        by: str | None = None,
        limit: int | None = None,
        default: Any = None,
    ) -> None:
        super().__init__(column=column, sample=sample, **common(where, by, limit, default))

    def statistic(self, powers: PowerSums) -> float:
        return math.sqrt(self.mean_square(powers))
