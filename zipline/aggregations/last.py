"""Last: the newest value."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from zipline.aggregations.ordered import Ordered, Ranked
from zipline.dsl.aggregation import Input, common
from zipline.types import DataType


class Last(Ordered):
    """The value of the newest event: of the column's type, null when there is none.

    Events are ordered by event time, then knowledge time, then value; the greatest in that order is taken.

    Args:
        column: of any type; or a list of columns, whose values in one event are kept together as a struct,
            nulls included. `event_time` in the list is the event's time.
        nulls: let a null be a value like others (the lowest in a tie), where it is skipped otherwise.

    >>> last = Last("price")
    >>> last.finish(last.add(last.add(last.zero(), Input(1, 1, 8.5)), Input(2, 2, 9.0)), 3)
    9.0
    """

    kind: ClassVar[str] = "last"

    def __init__(
        self,
        column: str | Sequence[str],
        *,
        nulls: bool = False,
        where: str | None = None,
        by: str | None = None,
        limit: int | None = None,
        default: Any = None,
    ) -> None:
        super().__init__(column=column, nulls=nulls, **common(where, by, limit, default))

    def output_type(self, inputs: Sequence[DataType]) -> DataType:
        return self.item_type(inputs)

    def zero(self) -> Ranked | None:
        return None

    def add(self, partial: Ranked | None, event: Input) -> Ranked | None:
        return self.merge(partial, self.ranked(event))

    def merge(self, left: Ranked | None, right: Ranked | None) -> Ranked | None:
        if left is None or right is None:
            return left or right
        return max(left, right, key=lambda ranked: ranked.place)

    def finish(self, partial: Ranked | None, t: int) -> Any:
        return None if partial is None else self.shown(partial.value)
