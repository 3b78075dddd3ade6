"""TimeSinceFirst: seconds since the oldest event."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from zipline.dsl.aggregation import Aggregation, Input, common
from zipline.types import FLOAT64, DataType


class TimeSinceFirst(Aggregation):
    """The seconds from the oldest event to the observation: float64, null when there are no events.

    The difference is taken in whole microseconds, converted to float64 and divided by 1e6. With `align`, it
    is counted from the aligned time.

    >>> age = TimeSinceFirst(where="amount > 100")
    >>> age.finish(age.add(age.add(age.zero(), Input(0, 0, None)), Input(500_000, 0, None)), 2 * 10**6)
    2.0
    """

    kind: ClassVar[str] = "time_since_first"

    def __init__(
        self,
        *,
        where: str | None = None,
        by: str | None = None,
        limit: int | None = None,
        default: Any = None,
    ) -> None:
        super().__init__(**common(where, by, limit, default))

    def output_type(self, inputs: Sequence[DataType]) -> DataType:
        return FLOAT64

    def zero(self) -> int | None:
        return None

    def add(self, partial: int | None, event: Input) -> int | None:
        return self.merge(partial, event.event_time)

    def merge(self, left: int | None, right: int | None) -> int | None:
        if left is None or right is None:
            return right if left is None else left
        return min(left, right)

    def finish(self, partial: int | None, t: int) -> float | None:
        return None if partial is None else float(t - partial) / 1e6
