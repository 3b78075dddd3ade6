"""What first, last and their k-fold forms share: the order of events, and one column or several."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar, NamedTuple

from zipline.dsl.aggregation import Aggregation, Input
from zipline.order import OrderKey, canonical, order_key
from zipline.types import DataType, struct_of


class Ranked(NamedTuple):
    """A value, and the place of its event in the order (event_time, knowledge_time, value)."""

    place: tuple[int, int, OrderKey]
    value: Any


class Ordered(Aggregation):
    """An aggregation that picks events by their order; over several columns an event's values stay together.

    Over one column nulls are skipped, unless `nulls=True` makes them values like others, the lowest in a tie.
    Over several columns every event counts, even one whose columns are all null.
    """

    takes_several: ClassVar[bool] = True

    nulls: bool = False

    @property
    def keeps_nulls(self) -> bool:
        return self.nulls or isinstance(self.column, tuple)

    def item_type(self, inputs: Sequence[DataType]) -> DataType:
        """Return the type of one event's value: the column's, or a struct of the columns."""
        if isinstance(self.column, tuple):
            return struct_of(*zip(self.columns, inputs, strict=True))
        (kind,) = inputs
        return kind

    def ranked(self, event: Input) -> Ranked:
        """Return an event's value with its place."""
        value = canonical(event.value)
        return Ranked((event.event_time, event.knowledge_time, order_key(value)), value)

    def shown(self, value: Any) -> Any:
        """Return a value as a result: several columns as a struct."""
        return dict(zip(self.columns, value, strict=True)) if isinstance(self.column, tuple) else value
