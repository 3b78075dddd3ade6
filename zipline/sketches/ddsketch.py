"""DDSketch (Masson, Rim and Lee, 2019) without collapsing: buckets of one relative width.

Buckets are numbered in the order of their values, so that sorted keys are sorted values: 0 holds all
that is below 2**-1022 in magnitude, then come the positive normal values, inf and NaN; negatives have
negative keys.

The index of a positive value is the "quadratic" mapping: a parabola in place of the logarithm, so that no
result depends on a math library. Both directions are fixed sequences of IEEE operations on float64.
"""

from __future__ import annotations

import math
import sys
from dataclasses import dataclass, field
from decimal import Decimal, localcontext

SMALLEST = sys.float_info.min
LARGEST = sys.float_info.max
DIGITS = 60


def multiplier(accuracy: str) -> float:
    """Return the buckets per unit of the index for a relative accuracy, rounded once from its decimal text.

    It is ``3 / (4 ln((1 + a) / (1 - a)))``: the parabola rises by at least 4/3 for a factor of e, so that no
    bucket is wider than the factor ``(1 + a) / (1 - a)``.

    >>> multiplier("0.01")
    37.49874996666492
    """
    a = Decimal(accuracy)
    with localcontext(prec=DIGITS):
        return float(3 / (4 * ((1 + a) / (1 - a)).ln()))


def index(value: float, multiplier: float) -> int:
    """Return the index of a positive normal value ``s * 2**x`` with ``1 <= s < 2``."""
    mantissa, exponent = math.frexp(value)
    s, x = mantissa * 2.0, exponent - 1.0
    return math.floor((x - (s - 5.0) * (s - 1.0) * (1.0 / 3.0)) * multiplier)


def edge(index: int, multiplier: float) -> tuple[float, int]:
    """Return where an index begins as ``(s, x)``, the value ``s * 2**x``.

    It solves ``x - (s - 5) * (s - 1) / 3 == index / multiplier`` for s, as ``s = 3 - sqrt(4 - 3 f)`` with the
    fraction f that is left above x.
    """
    position = index / multiplier
    x = math.floor(position)
    return 3.0 - math.sqrt(4.0 - 3.0 * (position - x)), x


@dataclass(frozen=True)
class Buckets:
    """The buckets of one accuracy.

    >>> buckets = Buckets("0.01")
    >>> [buckets.value(buckets.key(v)) for v in (-100.0, 0.0, 1.0, 100.0)]
    [-100.70974846794452, 0.0, 1.01, 100.70974846794452]
    """

    accuracy: str
    multiplier: float = field(init=False)
    first: int = field(init=False)
    infinite: int = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "multiplier", multiplier(self.accuracy))
        object.__setattr__(self, "first", index(SMALLEST, self.multiplier))
        object.__setattr__(self, "infinite", index(LARGEST, self.multiplier) - self.first + 2)

    def key(self, value: float) -> int:
        """Return the bucket of a value; keys are in the order of values, NaN above all."""
        if value != value:
            return self.infinite + 1
        magnitude = abs(value)
        if magnitude < SMALLEST:
            return 0
        if magnitude > LARGEST:
            key = self.infinite
        else:
            key = index(magnitude, self.multiplier) - self.first + 1
        return key if value > 0 else -key

    def value(self, key: int) -> float:
        """Return the answer in a bucket: its lower edge times ``1 + a``, at most the largest float64."""
        if key == 0:
            return 0.0
        if key > self.infinite:
            return math.nan
        sign, key = math.copysign(1.0, key), abs(key)
        if key == self.infinite:
            return sign * math.inf
        s, x = edge(key - 1 + self.first, self.multiplier)
        try:
            return sign * min(math.ldexp(s, x) * (1.0 + float(self.accuracy)), LARGEST)
        except OverflowError:
            return sign * LARGEST


def rank(q: float, count: int) -> int:
    """Return which of `count` sorted values is the quantile `q`, from 0: ``q * (count - 1)``, floored.

    >>> [rank(q, 4) for q in (0.0, 0.5, 1.0)]
    [0, 1, 3]
    """
    return math.floor(q * (count - 1))
