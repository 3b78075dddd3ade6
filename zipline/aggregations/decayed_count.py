"""DecayedCount: a count in which old events fade."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, ClassVar

from zipline.aggregations.decayed import Decayed, half_life_fields
from zipline.dsl.aggregation import Input, common


class DecayedCount(Decayed):
    """The number of events in which one counts half for every half-life since it: float64, 0.0 without any.

    Events of more than 256 half-lives ago are outside the window. The terms are added exactly, rounded once.

    Args:
        half_life: such as `"6h"`.

    >>> faded = DecayedCount(half_life="1h")
    >>> faded.finish(faded.add(faded.zero(), Input(0, 0, None)), 3_600_000_000)
    0.5
    """

    kind: ClassVar[str] = "decayed_count"

    def __init__(
        self,
        *,
        half_life: str | timedelta,
        where: str | None = None,
        by: str | None = None,
        limit: int | None = None,
        default: Any = None,
    ) -> None:
        super().__init__(**half_life_fields(half_life, DecayedCount), **common(where, by, limit, default))

    def amount(self, event: Input) -> float:
        return 1.0
