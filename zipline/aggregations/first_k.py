"""FirstK: the oldest values."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from zipline.aggregations.accepts import positive
from zipline.aggregations.ordered_k import OrderedK
from zipline.dsl.aggregation import common


class FirstK(OrderedK):
    """The values of the k oldest events, oldest first: a list of the column's type, empty without any.

    Events are ordered by event time, then knowledge time, then value.

    Args:
        column: of any type; or a list of columns, whose values in one event are kept together as a struct,
            nulls included. `event_time` in the list is the event's time.
        k: how many, at least 1.
        nulls: let a null be a value like others (the lowest in a tie), where it is skipped otherwise.
        distinct: list a value once, at its oldest event.

    >>> from zipline.dsl.aggregation import Input
    >>> first_2, partial = FirstK("page", 2), FirstK("page", 2).zero()
    >>> for time, page in enumerate(["home", "cart", "pay"]):
    ...     partial = first_2.add(partial, Input(time, time, page))
    >>> first_2.finish(partial, 3)
    ['home', 'cart']
    """

    kind: ClassVar[str] = "first"
    descending: ClassVar[bool] = False

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
            k=positive(k, "k", FirstK),
            nulls=nulls,
            distinct=distinct,
            **common(where, by, limit, default),
        )
