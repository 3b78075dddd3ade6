"""Count: how many events, or how many non-null values."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from zipline.dsl.aggregation import Aggregation, Input, common
from zipline.types import INT64, DataType


class Count(Aggregation):
    """The number of events, or of non-null values of a column: int64, 0 when there are none.

    Args:
        column: count its non-null values; all events unless given.

    >>> count = Count()
    >>> count.finish(count.add(count.zero(), Input(0, 0, None)), 1)
    1
    """

    kind: ClassVar[str] = "count"
    takes_none: ClassVar[bool] = True

    def __init__(
        self,
        column: str | None = None,
        *,
        where: str | None = None,
        by: str | None = None,
        limit: int | None = None,
        default: Any = None,
    ) -> None:
        super().__init__(column=column, **common(where, by, limit, default))

    def output_type(self, inputs: Sequence[DataType]) -> DataType:
        return INT64

    def zero(self) -> int:
        return 0

    def add(self, partial: int, event: Input) -> int:
        return partial + 1

    def merge(self, left: int, right: int) -> int:
        return left + right

    def finish(self, partial: int, t: int) -> int:
        return partial
