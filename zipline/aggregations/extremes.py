"""The k extreme values of a column: the algebra of `TopK` and `BottomK`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from zipline.aggregations.accepts import orderable
from zipline.dsl.aggregation import Aggregation, Input
from zipline.order import canonical, order_key
from zipline.types import DataType, list_of


class Extremes(Aggregation):
    """The k values that come first in ascending or descending order, duplicates kept."""

    descending: ClassVar[bool]
    """Whether the greatest come first."""

    k: int

    @property
    def parameter(self) -> str:
        return str(self.k)

    def output_type(self, inputs: Sequence[DataType]) -> DataType:
        return list_of(orderable(self, inputs))

    def zero(self) -> tuple[Any, ...]:
        return ()

    def add(self, partial: tuple[Any, ...], event: Input) -> tuple[Any, ...]:
        return self.merge(partial, (canonical(event.value),))

    def merge(self, left: tuple[Any, ...], right: tuple[Any, ...]) -> tuple[Any, ...]:
        return tuple(sorted((*left, *right), key=order_key, reverse=self.descending)[: self.k])

    def finish(self, partial: tuple[Any, ...], t: int) -> list[Any]:
        return [*partial]
