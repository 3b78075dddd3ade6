"""The k first events of an order: the algebra of `FirstK` and `LastK`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from zipline.aggregations.ordered import Ordered, Ranked
from zipline.dsl.aggregation import Input
from zipline.order import OrderKey
from zipline.types import DataType, list_of


class OrderedK(Ordered):
    """The k events that come first, in ascending or descending order; a partial holds at most k of them."""

    descending: ClassVar[bool]
    """Whether the greatest in the order come first."""

    k: int
    distinct: bool = False

    @property
    def parameter(self) -> str:
        return str(self.k)

    def output_type(self, inputs: Sequence[DataType]) -> DataType:
        return list_of(self.item_type(inputs))

    def zero(self) -> tuple[Ranked, ...]:
        return ()

    def add(self, partial: tuple[Ranked, ...], event: Input) -> tuple[Ranked, ...]:
        return self.merge(partial, (self.ranked(event),))

    def merge(self, left: tuple[Ranked, ...], right: tuple[Ranked, ...]) -> tuple[Ranked, ...]:
        ranked = sorted((*left, *right), key=lambda ranked: ranked.place, reverse=self.descending)
        if self.distinct:
            # A value's first event stands for it; one among the first k of all is so in its part too.
            first: dict[OrderKey, Ranked] = {}
            for each in ranked:
                first.setdefault(each.place[2], each)
            ranked = list(first.values())
        return tuple(ranked[: self.k])

    def finish(self, partial: tuple[Ranked, ...], t: int) -> list[Any]:
        return [self.shown(ranked.value) for ranked in partial]
