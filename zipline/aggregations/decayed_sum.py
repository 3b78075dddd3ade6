"""DecayedSum: a sum in which old values fade."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any, ClassVar

from zipline.aggregations.accepts import numeric
from zipline.aggregations.decayed import Decayed, half_life_fields
from zipline.dsl.aggregation import Input, common
from zipline.exact import as_float64
from zipline.types import FLOAT64, DataType


class DecayedSum(Decayed):
    """The sum of a column in which a value counts half for every half-life since its event: float64.

    0.0 when there are no values. Events of more than 256 half-lives ago are outside the window. The terms are
    added exactly and rounded once.

    Args:
        column: int, float, decimal or bool (true is 1).
        half_life: such as `"6h"`.

    >>> faded = DecayedSum("amount", half_life="1h")
    >>> faded.finish(faded.add(faded.zero(), Input(0, 0, 10)), 2 * 3_600_000_000)
    2.5
    """

    kind: ClassVar[str] = "decayed_sum"

    def __init__(
        self,
        column: str,
        *,
        half_life: str | timedelta,
        where: str | None = None,
        by: str | None = None,
        limit: int | None = None,
        default: Any = None,
    ) -> None:
        super().__init__(
            column=column, **half_life_fields(half_life, DecayedSum), **common(where, by, limit, default)
        )

    def output_type(self, inputs: Sequence[DataType]) -> DataType:
        numeric(self, inputs)
        return FLOAT64

    def amount(self, event: Input) -> float:
        return as_float64(event.value)
