"""BottomK: the k least values."""

from __future__ import annotations

from typing import Any, ClassVar

from zipline.aggregations.accepts import positive
from zipline.aggregations.extremes import Extremes
from zipline.dsl.aggregation import common


class BottomK(Extremes):
    """The k least values of a column, ascending: a list of its type, empty when there are no values.

    Equal values are listed as often as they occur. NaN is above every number; strings and binary by bytes.

    Args:
        column: of any type but lists and structs.
        k: how many, at least 1.

    >>> from zipline.dsl.aggregation import Input
    >>> bottom_2, partial = BottomK("price", 2), BottomK("price", 2).zero()
    >>> for price in (8, 3, 9, 9):
    ...     partial = bottom_2.add(partial, Input(0, 0, price))
    >>> bottom_2.finish(partial, 1)
    [3, 8]
    """

    kind: ClassVar[str] = "bottom"
    descending: ClassVar[bool] = False

    def __init__(
        self,
        column: str,
        k: int,
        *,
        where: str | None = None,
        by: str | None = None,
        limit: int | None = None,
        default: Any = None,
    ) -> None:
        super().__init__(column=column, k=positive(k, "k", BottomK), **common(where, by, limit, default))
