"""ApproxCountDistinct: about how many different values, in little space."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any, ClassVar

from zipline.dsl.aggregation import Aggregation, Input, common
from zipline.sketches.canonical_bytes import canonical_bytes
from zipline.sketches.hyperloglog import estimate, slot
from zipline.sketches.xxh64 import xxh64
from zipline.types import INT64, DataType

Registers = Mapping[int, int]
"""What the registers that are not empty hold."""


class ApproxCountDistinct(Aggregation):
    """About how many different non-null values there are: int64, 0 when there are none; standard error 1.6 %.

    HyperLogLog (Flajolet et al., 2007) with 4096 registers over XXH64, read with the improved raw estimator
    of Ertl ("New cardinality estimation algorithms for HyperLogLog sketches", 2017), rounded half to even.

    Args:
        column: of any type, lists and structs included.

    >>> about, partial = ApproxCountDistinct("page"), ApproxCountDistinct("page").zero()
    >>> for page in ("home", "cart", "home"):
    ...     partial = about.add(partial, Input(0, 0, page))
    >>> about.finish(partial, 1)
    2
    """

    kind: ClassVar[str] = "approx_count_distinct"

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

    def output_type(self, inputs: Sequence[DataType]) -> DataType:
        return INT64

    def zero(self) -> Registers:
        return MappingProxyType({})

    def add(self, partial: Registers, event: Input) -> Registers:
        register, rank = slot(xxh64(canonical_bytes(event.value)))
        return self.merge(partial, {register: rank})

    def merge(self, left: Registers, right: Registers) -> Registers:
        merged = {register: max(rank, right.get(register, 0)) for register, rank in left.items()}
        return MappingProxyType({**right, **merged})

    def finish(self, partial: Registers, t: int) -> int:
        return estimate(partial.values())
