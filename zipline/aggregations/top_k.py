"""TopK: the k greatest values."""

from __future__ import annotations

from typing import Any, ClassVar

from zipline.aggregations.accepts import positive
from zipline.aggregations.extremes import Extremes
from zipline.dsl.aggregation import common


class TopK(Extremes):
    """The k greatest values of a column, descending: a list of its type, empty when there are no values.

    Equal values are listed as often as they occur. NaN is above every number; strings and binary by bytes.

    Args:
        column: of any type but lists and structs.
        k: how many, at least 1.

    >>> from zipline.dsl.aggregation import Input
    >>> top_2, partial = TopK("price", 2), TopK("price", 2).zero()
    >>> for price in (8, 3, 9, 9):
    ...     partial = top_2.add(partial, Input(0, 0, price))
    >>> top_2.finish(partial, 1)
    [9, 9]
    """

    kind: ClassVar[str] = "top"
    descending: ClassVar[bool] = True

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
        super().__init__(column=column, k=positive(k, "k", TopK), **common(where, by, limit, default))
