"""Min: the least value."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from zipline.aggregations.accepts import orderable
from zipline.dsl.aggregation import Aggregation, Input, common
from zipline.order import canonical, order_key
from zipline.types import DataType


class Min(Aggregation):
    """The least value of a column: of its type, null when there are no values.

    NaN is above every number; strings and binary compare by bytes.

    Args:
        column: of any type but lists and structs.

    >>> extreme = Min("price")
    >>> extreme.finish(extreme.add(extreme.add(extreme.zero(), Input(1, 1, 8.5)), Input(2, 2, 9.0)), 3)
    8.5
    """

    kind: ClassVar[str] = "min"

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
        return orderable(self, inputs)

    def zero(self) -> Any:
        return None

    def add(self, partial: Any, event: Input) -> Any:
        return self.merge(partial, canonical(event.value))

    def merge(self, left: Any, right: Any) -> Any:
        if left is None or right is None:
            return right if left is None else left
        return min(left, right, key=order_key)

    def finish(self, partial: Any, t: int) -> Any:
        return partial
