"""Counts per value: the algebra of `Histogram` and `MostFrequent`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any, ClassVar

from zipline.dsl.aggregation import Aggregation, Input
from zipline.errors import DataError
from zipline.order import order_key


class Counted(Aggregation):
    """A result made of how often each value occurs."""

    keeps_values: ClassVar[bool] = True

    def __init__(self, **fields: Any) -> None:
        super().__init__(**fields)

    def zero(self) -> Mapping[Any, int]:
        return Counter()

    def add(self, partial: Mapping[Any, int], event: Input) -> Mapping[Any, int]:
        return self.merge(partial, {event.value: 1})

    def merge(self, left: Mapping[Any, int], right: Mapping[Any, int]) -> Mapping[Any, int]:
        return Counter(left) + Counter(right)

    def ranked(self, partial: Mapping[Any, int]) -> list[tuple[Any, int]]:
        """Return values and counts, larger counts first, then the smaller value."""
        check_limit(self, len(partial), self.limit)
        return sorted(partial.items(), key=lambda item: (-item[1], order_key(item[0])))


def check_limit(aggregation: Aggregation, distinct: int, limit: int | None) -> None:
    """Refuse a window that holds more distinct values, of the column or of `by`, than the definition allows."""
    if limit is not None and distinct > limit:
        raise DataError(
            f"{distinct} distinct values are more than limit={limit}", where=aggregation.title(),
            hint="raise the limit, or take a shorter window",
        )  # fmt: skip
