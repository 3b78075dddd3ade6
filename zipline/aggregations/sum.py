"""Sum: exact, rounded once."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any, ClassVar, NamedTuple

from zipline.aggregations.accepts import numeric
from zipline.dsl.aggregation import Aggregation, Input, common
from zipline.errors import DataError
from zipline.exact import ExactSum, to_decimal
from zipline.types import INT64, DataType, decimal

_DECIMAL_LIMIT = 10**38


class Total(NamedTuple):
    """A sum, and what is needed to hand it out in the type of its inputs."""

    n: int = 0
    exact: ExactSum = ExactSum()
    form: type | None = None
    scale: int = 0


class Sum(Aggregation):
    """The sum of a numeric column: int64 for int and bool, float64, or decimal(38,s); null without values.

    The sum is exact and rounded once to the nearest float64, half to even; beyond the largest it is +-inf,
    and NaN and infinities give what IEEE addition gives. A total that does not fit int64 or 38 digits is an
    error.

    Args:
        column: int, float, decimal or bool (true is 1).

    >>> total = Sum("amount")
    >>> parts = [total.add(total.zero(), Input(0, 0, value)) for value in (1e300, 1.0, -1e300)]
    >>> total.finish(total.merge(total.merge(*parts[:2]), parts[2]), 1)
    1.0
    """

    kind: ClassVar[str] = "sum"

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
        kind = numeric(self, inputs)
        if kind.kind == "decimal":
            return decimal(38, kind.scale)
        return INT64 if kind.kind == "bool" else kind

    def zero(self) -> Total:
        return Total()

    def add(self, partial: Total, event: Input) -> Total:
        value = event.value
        form = next(each for each in (float, Decimal, int) if isinstance(value, each))
        scale = max(0, -int(value.as_tuple().exponent)) if isinstance(value, Decimal) else 0
        return self.merge(partial, Total(1, ExactSum.of(value), form, scale))

    def merge(self, left: Total, right: Total) -> Total:
        return Total(
            left.n + right.n,
            left.exact.plus(right.exact),
            left.form or right.form,
            max(left.scale, right.scale),
        )

    def finish(self, partial: Total, t: int) -> int | float | Decimal | None:
        if partial.form is None or partial.form is float:
            return partial.exact.rounded() if partial.n else None
        unscaled = int(partial.exact.total * 10**partial.scale)
        if partial.form is Decimal:
            if abs(unscaled) >= _DECIMAL_LIMIT:
                raise self._overflow(
                    f"{to_decimal(unscaled, partial.scale):f}", f"decimal(38,{partial.scale})"
                )
            return to_decimal(unscaled, partial.scale)
        if not -(2**63) <= unscaled < 2**63:
            raise self._overflow(str(unscaled), "int64")
        return unscaled

    def _overflow(self, total: str, kind: str) -> DataError:
        return DataError(
            f"the sum {total} does not fit {kind}",
            where=self.title(),
            hint="sum it as a float: CAST(x AS double)",
        )
