"""MostFrequent: the values that occur most often."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from zipline.aggregations.accepts import countable, positive
from zipline.aggregations.counted import Counted
from zipline.dsl.aggregation import common
from zipline.types import DataType, list_of


class MostFrequent(Counted):
    """The k values that occur most often, the most frequent first: a list of the column's type.

    Of values with equal counts the smaller comes first. The list is empty when there are no values.

    Args:
        column: string, int or bool.
        k: how many, at least 1.
        limit: more distinct values than this in a window are an error.

    >>> from zipline.dsl.aggregation import Input
    >>> frequent, partial = MostFrequent("origin", 2), MostFrequent("origin", 2).zero()
    >>> for origin in ("LGA", "JFK", "EWR", "LGA"):
    ...     partial = frequent.add(partial, Input(0, 0, origin))
    >>> frequent.finish(partial, 1)
    ['LGA', 'EWR']
    """

    kind: ClassVar[str] = "most_frequent"
    k: int = 1

    def __init__(
        self,
        column: str,
        k: int = 1,
        *,
        where: str | None = None,
        by: str | None = None,
        limit: int | None = None,
        default: Any = None,
    ) -> None:
        super().__init__(
            column=column,
            k=positive(k, "k", MostFrequent),
            **common(where, by, limit, default),
        )

    @property
    def parameter(self) -> str:
        return str(self.k)

    def output_type(self, inputs: Sequence[DataType]) -> DataType:
        return list_of(countable(self, inputs))

    def finish(self, partial: Mapping[Any, int], t: int) -> list[Any]:
        return [value for value, _ in self.ranked(partial)[: self.k]]
