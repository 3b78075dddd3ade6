"""VectorMean: the mean vector."""

from __future__ import annotations

from fractions import Fraction
from typing import Any, ClassVar

from zipline.aggregations.vectors import VectorAggregation
from zipline.dsl.aggregation import common
from zipline.exact import ExactSum


class VectorMean(VectorAggregation):
    """The element-wise mean of a column of vectors: of its type, null when there are no vectors.

    Each element's exact mean is rounded once. A vector with a null element is skipped; vectors of several
    lengths are an error.

    Args:
        column: a fixed-size list of float32 or float64, such as an embedding.

    >>> from zipline.dsl.aggregation import Input
    >>> mean = VectorMean("embedding")
    >>> mean.finish(mean.add(mean.add(mean.zero(), Input(0, 0, [1.0, 2.0])), Input(1, 1, [3.0, 4.0])), 2)
    [2.0, 3.0]
    """

    kind: ClassVar[str] = "vector_mean"

    def __init__(
        self,
        column: str,
        *,
        where: str | None = None,
        by: str | None = None,
        limit: int | None = None,
        default: Any = None,
    ) -> None:
        super().__init__(column=column, **common(where, by, limit, default))

    def element(self, total: ExactSum, n: int) -> ExactSum:
        return total.times(Fraction(1, n))
