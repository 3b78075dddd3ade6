"""Histogram: how often each value occurs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from zipline.aggregations.accepts import countable, positive_or_none
from zipline.aggregations.counted import Counted
from zipline.dsl.aggregation import common
from zipline.order import order_key
from zipline.types import INT64, DataType, map_of


class Histogram(Counted):
    """How often each value occurs: a map from value to int64, sorted by value, empty when there are none.

    Args:
        column: string, int or bool.
        k: keep the k values of the largest counts, of equal counts the smaller values; all unless given.
        limit: more distinct values than this in a window are an error.

    >>> from zipline.dsl.aggregation import Input
    >>> histogram, partial = Histogram("origin", k=2), Histogram("origin", k=2).zero()
    >>> for origin in ("LGA", "EWR", "JFK", "LGA"):
    ...     partial = histogram.add(partial, Input(0, 0, origin))
    >>> histogram.finish(partial, 1)
    {'EWR': 1, 'LGA': 2}
    """

    kind: ClassVar[str] = "histogram"
    k: int | None = None

    def __init__(
        self,
        column: str,
        k: int | None = None,
        *,
        where: str | None = None,
        by: str | None = None,
        limit: int | None = None,
        default: Any = None,
    ) -> None:
        super().__init__(
            column=column,
            k=positive_or_none(k, "k", Histogram),
            **common(where, by, limit, default),
        )

    @property
    def parameter(self) -> str:
        return "" if self.k is None else str(self.k)

    def output_type(self, inputs: Sequence[DataType]) -> DataType:
        return map_of(countable(self, inputs), INT64)

    def finish(self, partial: Mapping[Any, int], t: int) -> dict[Any, int]:
        return dict(sorted(self.ranked(partial)[: self.k], key=lambda item: order_key(item[0])))
