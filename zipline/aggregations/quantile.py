"""Quantile: the value below which a share of the values lies, within a relative accuracy."""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from collections.abc import Mapping, Sequence
from decimal import Decimal, InvalidOperation
from functools import cache
from itertools import accumulate
from typing import Any, ClassVar

from zipline.aggregations.accepts import numeric
from zipline.dsl.aggregation import Aggregation, Input, common
from zipline.errors import DefinitionError
from zipline.exact import as_float64
from zipline.sketches.ddsketch import Buckets, rank
from zipline.types import FLOAT64, DataType, list_of


class Quantile(Aggregation):
    """A quantile of a numeric column, or several: float64 or a list of float64, null without values.

    A DDSketch (Masson, Rim, Lee: "DDSketch: A Fast and Fully-Mergeable Quantile Sketch with Relative-Error
    Guarantees", 2019) without collapsing: the answer is within the relative accuracy of the value of rank
    `floor(q * (n - 1))`. NaN is above every number.

    Args:
        column: int, float, decimal or bool (true is 1).
        q: between 0 and 1; a list of them gives a list of answers in its order.
        accuracy: relative, between 0 and 1; text (`"0.01"`) and number say the same.

    >>> Quantile("arr_delay", 0.9).default_stem(), Quantile("arr_delay", [0.5, 0.999]).default_stem()
    ('arr_delay_q90', 'arr_delay_q50_q99_9')
    >>> quantile = Quantile("arr_delay", [0, 1])
    >>> quantile.finish(quantile.add(quantile.add(quantile.zero(), Input(0, 0, 0)), Input(1, 1, 1)), 2)
    [0.0, 1.01]
    """

    kind: ClassVar[str] = "q"
    q: float | tuple[float, ...] = 0.5
    accuracy: str = "0.01"

    def __init__(
        self,
        column: str,
        q: float | Sequence[float] = 0.5,
        *,
        accuracy: float | str = 0.01,
        where: str | None = None,
        by: str | None = None,
        limit: int | None = None,
        default: Any = None,
    ) -> None:
        super().__init__(
            column=column,
            q=_shares(q),
            accuracy=_accuracy_text(accuracy),
            **common(where, by, limit, default),
        )

    @property
    def shares(self) -> tuple[float, ...]:
        """The quantiles asked for, one or several."""
        return self.q if isinstance(self.q, tuple) else (self.q,)

    @property
    def parameter(self) -> str:
        return f"_{self.kind}".join(_percent(share) for share in self.shares)

    def output_type(self, inputs: Sequence[DataType]) -> DataType:
        numeric(self, inputs)
        return list_of(FLOAT64) if isinstance(self.q, tuple) else FLOAT64

    def zero(self) -> Mapping[int, int]:
        return Counter()

    def add(self, partial: Mapping[int, int], event: Input) -> Mapping[int, int]:
        return self.merge(partial, {_buckets(self.accuracy).key(as_float64(event.value)): 1})

    def merge(self, left: Mapping[int, int], right: Mapping[int, int]) -> Mapping[int, int]:
        return Counter(left) + Counter(right)

    def finish(self, partial: Mapping[int, int], t: int) -> float | list[float] | None:
        if not partial:
            return None
        keys = sorted(partial)
        ends = list(accumulate(partial[key] for key in keys))
        answers = [
            _buckets(self.accuracy).value(keys[bisect_right(ends, rank(share, ends[-1]))])
            for share in self.shares
        ]
        return answers if isinstance(self.q, tuple) else answers[0]


_buckets = cache(Buckets)


def _shares(q: object) -> float | tuple[float, ...]:
    shares = tuple(q) if isinstance(q, (list, tuple)) else (q,)
    for share in shares:
        if isinstance(share, bool) or not isinstance(share, (int, float)) or not 0 <= share <= 1:
            raise DefinitionError(
                f"q={share!r} is not between 0 and 1",
                where="Quantile",
                hint="the median is 0.5, the 90th percentile 0.9",
            )
    if not shares or len(set(shares)) < len(shares):
        raise DefinitionError(f"q={q!r} is empty or names a quantile twice", where="Quantile")
    numbers = tuple(float(share) + 0.0 for share in shares)
    return numbers if isinstance(q, (list, tuple)) else numbers[0]


def _accuracy_text(accuracy: object) -> str:
    text = repr(accuracy) if isinstance(accuracy, float) else accuracy
    try:
        number = Decimal(text) if isinstance(text, str) else Decimal("nan")
    except InvalidOperation:
        number = Decimal("nan")
    if not (number.is_finite() and 0 < number < 1):
        raise DefinitionError(
            f"accuracy={accuracy!r} is not between 0 and 1",
            where="Quantile",
            hint="it is 0.01, which is 1 %, unless given",
        )
    return format(number.normalize(), "f")


def _percent(share: float) -> str:
    """Return 90 for 0.9, 99_9 for 0.999."""
    return format((Decimal(repr(share)) * 100).normalize(), "f").replace(".", "_")
