"""The mean square of deviations: what `Variance` and `Stddev` share."""

from __future__ import annotations

from typing import Any

from zipline.aggregations.moments import Moments, PowerSums


class Spread(Moments):
    """A statistic of `m2 / n`, or of `m2 / (n - 1)` for a sample."""

    sample: bool = False

    def __init__(self, **fields: Any) -> None:
        super().__init__(**fields)

    @property
    def needed(self) -> int:
        return 2 if self.sample else 1

    def mean_square(self, powers: PowerSums) -> float:
        """Return the sum of squared deviations, exact and rounded once, divided by n or n - 1."""
        return powers.deviation(2) / (powers.n - 1 if self.sample else powers.n)
