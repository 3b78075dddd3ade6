"""CountDistinct: how many different values, exactly."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from zipline.aggregations.counted import check_limit
from zipline.dsl.aggregation import Aggregation, Input, common
from zipline.order import OrderKey, order_key
from zipline.types import INT64, DataType


class CountDistinct(Aggregation):
    """The number of different non-null values: int64, exact, 0 when there are none.

    NaN equals NaN, and -0.0 equals 0.0.

    Args:
        column: of any type, lists and structs included.
        limit: more distinct values than this in a window are an error.

    >>> distinct, partial = CountDistinct("page"), CountDistinct("page").zero()
    >>> for page in ("home", "cart", "home"):
    ...     partial = distinct.add(partial, Input(0, 0, page))
    >>> distinct.finish(partial, 1)
    2
    """

    kind: ClassVar[str] = "count_distinct"
    keeps_values: ClassVar[bool] = True

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
        return INT64

    def zero(self) -> frozenset[OrderKey]:
        return frozenset()

    def add(self, partial: frozenset[OrderKey], event: Input) -> frozenset[OrderKey]:
        return partial | {order_key(event.value)}

    def merge(self, left: frozenset[OrderKey], right: frozenset[OrderKey]) -> frozenset[OrderKey]:
        return left | right

    def finish(self, partial: frozenset[OrderKey], t: int) -> int:
        check_limit(self, len(partial), self.limit)
        return len(partial)
