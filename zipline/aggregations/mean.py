"""Mean: the exact sum rounded to float64, divided by the number of values."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar, NamedTuple

from zipline.aggregations.accepts import numeric
from zipline.dsl.aggregation import Aggregation, Input, common
from zipline.exact import ExactSum
from zipline.order import canonical_float
from zipline.types import FLOAT64, DataType


class Average(NamedTuple):
    """How many values there were, and their exact sum."""

    n: int = 0
    exact: ExactSum = ExactSum()


class Mean(Aggregation):
    """The mean of a numeric column: float64, null when there are no values.

    It is the exact sum, rounded once to float64, divided by n; it never overflows an int or a decimal.

    Args:
        column: int, float, decimal or bool (true is 1).

    >>> mean = Mean("amount")
    >>> mean.finish(mean.add(mean.add(mean.zero(), Input(0, 0, 1)), Input(1, 1, 2)), 2)
    1.5
    """

    kind: ClassVar[str] = "mean"

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

    def output_type(self, inputs: Sequence[DataType]) -> DataType:
        numeric(self, inputs)
        return FLOAT64

    def zero(self) -> Average:
        return Average()

    def add(self, partial: Average, event: Input) -> Average:
        return self.merge(partial, Average(1, ExactSum.of(event.value)))

    def merge(self, left: Average, right: Average) -> Average:
        return Average(left.n + right.n, left.exact.plus(right.exact))

    def finish(self, partial: Average, t: int) -> float | None:
        return canonical_float(partial.exact.rounded() / partial.n) if partial.n else None
