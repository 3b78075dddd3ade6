"""ApproxCountDistinct: about how many different values, in little space."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from zipline.dsl.aggregation import Aggregation, common
from zipline.types import INT64, DataType


class ApproxCountDistinct(Aggregation):
    """About how many different non-null values there are: int64, 0 when there are none; standard error 1.6 %.

    HyperLogLog (Flajolet et al., 2007) with 4096 registers over XXH64, read with the improved raw estimator
    of Ertl ("New cardinality estimation algorithms for HyperLogLog sketches", 2017), rounded half to even.

    Args:
        column: of any type.
    """

    kind: ClassVar[str] = "approx_count_distinct"

    def __init__(
        self, column: str, *, where: str | None = None, by: str | None = None, default: Any = None
    ) -> None:
        super().__init__(column=column, **common(where, by, default))

    def output_type(self, inputs: Sequence[DataType]) -> DataType:
        return INT64
