"""Element-wise exact sums: the algebra of `VectorSum` and `VectorMean`."""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from typing import NamedTuple

from zipline.aggregations.accepts import vector
from zipline.dsl.aggregation import Aggregation, Input
from zipline.errors import DataError
from zipline.exact import ExactSum
from zipline.types import DataType


class VectorTotal(NamedTuple):
    """How many vectors there were, the exact sum of each element, and whether the elements are float32."""

    n: int = 0
    sums: tuple[ExactSum, ...] = ()
    single: bool = False


class VectorAggregation(Aggregation):
    """An element-wise statistic of vectors of one length; a vector with a null element is skipped.

    A value is a sequence of floats; an `array("f")` is a vector of float32, whose results are rounded to
    float32.
    """

    def output_type(self, inputs: Sequence[DataType]) -> DataType:
        return vector(self, inputs)

    def zero(self) -> VectorTotal:
        return VectorTotal()

    def add(self, partial: VectorTotal, event: Input) -> VectorTotal:
        if any(element is None for element in event.value):
            return partial
        single = isinstance(event.value, array) and event.value.typecode == "f"
        return self.merge(partial, VectorTotal(1, tuple(ExactSum.of(each) for each in event.value), single))

    def merge(self, left: VectorTotal, right: VectorTotal) -> VectorTotal:
        if not (left.n and right.n):
            return left if left.n else right
        if len(left.sums) != len(right.sums):
            lengths = " and ".join(str(length) for length in sorted({len(left.sums), len(right.sums)}))
            raise DataError(
                f"vectors of {lengths} elements cannot be added",
                where=self.title(),
                hint="a column's vectors have one length",
            )
        sums = tuple(one.plus(other) for one, other in zip(left.sums, right.sums, strict=True))
        return VectorTotal(left.n + right.n, sums, left.single)

    def finish(self, partial: VectorTotal, t: int) -> list[float] | None:
        if not partial.n:
            return None
        results = [self.element(total, partial.n) for total in partial.sums]
        return [result.rounded32() if partial.single else result.rounded() for result in results]

    def element(self, total: ExactSum, n: int) -> ExactSum:
        """Return one element's exact result, made of its sum and the number of vectors."""
        raise NotImplementedError
