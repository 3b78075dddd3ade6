"""HyperLogLog (Flajolet et al., 2007) with 4096 registers, and the improved raw estimator of Ertl (2017)."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable
from typing import Final

REGISTERS: Final = 4096
REST_BITS: Final = 52
TWICE_LN_2: Final = 2.0 * 0.6931471805599453


def slot(hashed: int) -> tuple[int, int]:
    """Return the register of a 64-bit hash, its top 12 bits, and its rank: leading zeros of the rest, plus 1.

    >>> slot(0), slot(2**64 - 1)
    ((0, 53), (4095, 1))
    """
    rest = hashed & (1 << REST_BITS) - 1
    return hashed >> REST_BITS, REST_BITS - rest.bit_length() + 1


def estimate(ranks: Iterable[int]) -> int:
    """Return about how many distinct values there were, rounded half to even.

    Algorithm 6 of Ertl, "New cardinality estimation algorithms for HyperLogLog sketches", in IEEE operations.

    Args:
        ranks: what the registers that are not empty hold, 1 to 53.

    >>> estimate([]), estimate([1])
    (0, 1)
    """
    holding = Counter(ranks)
    m = float(REGISTERS)
    z = m * _tau(1.0 - holding[REST_BITS + 1] / m)
    for rank in range(REST_BITS, 0, -1):
        z = 0.5 * (z + holding[rank])
    z += m * _sigma((REGISTERS - holding.total()) / m)
    return round(m * m / TWICE_LN_2 / z)


def _sigma(x: float) -> float:
    """Return `x + sum(x ** (2 ** k) * 2 ** (k - 1))` for k from 1: for empty registers."""
    if x == 1.0:
        return math.inf
    total, factor, before = x, 1.0, -1.0
    while total != before:
        x *= x
        before = total
        total += x * factor
        factor += factor
    return total


def _tau(x: float) -> float:
    """Return a third of `1 - x - sum((1 - x ** (2 ** -k)) ** 2 * 2 ** -k)` for k from 1: for full ones."""
    if x in (0.0, 1.0):
        return 0.0
    total, factor, before = 1.0 - x, 1.0, -1.0
    while total != before:
        x = math.sqrt(x)
        before = total
        factor *= 0.5
        total -= (1.0 - x) * (1.0 - x) * factor
    return total / 3.0
