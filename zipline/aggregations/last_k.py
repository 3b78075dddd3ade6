"""LastK: the newest values."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from zipline.aggregations.accepts import positive
from zipline.aggregations.ordered_k import OrderedK
from zipline.dsl.aggregation import common


class LastK(OrderedK):
    """The values of the k newest events, newest first: a list of the column's type, empty without any.

    Events are ordered by event time, then knowledge time, then value.

    Args:
        column: of any type; or a list of columns, whose values in one event are kept together as a struct,
            nulls included. `event_time` in the list is the event's time.
        k: how many, at least 1.
        nulls: let a null be a value like others (the lowest in a tie), where it is skipped otherwise.
        distinct: list a value once, at its newest event.

    >>> from zipline.dsl.aggregation import Input
    >>> last_2, partial = LastK("page", 2), LastK("page", 2).zero()
    >>> for time, page in enumerate(["home", "cart", "pay"]):
    ...     partial = last_2.add(partial, Input(time, time, page))
    >>> last_2.finish(partial, 3)
    ['pay', 'cart']
    """

    kind: ClassVar[str] = "last"
    descending: ClassVar[bool] = True

    def __init__(
        self,
        column: str | Sequence[str],
        k: int,
        *,
        nulls: bool = False,
        distinct: bool = False,
        where: str | None = None,
        by: str | None = None,
        limit: int | None = None,
        default: Any = None,
    ) -> None:
        super().__init__(
            column=column,
            k=positive(k, "k", LastK),
            nulls=nulls,
            distinct=distinct,
            **common(where, by, limit, default),
        )
