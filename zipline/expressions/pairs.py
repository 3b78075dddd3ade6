"""Numbers as pairs of float64s (high, low) whose exact sum they stand for: twice the digits by IEEE steps.

T. J. Dekker, "A floating-point technique for extending the available precision", 1971.
"""

from __future__ import annotations

from typing import Final

_SPLITTER: Final = 134217729.0
"""2^27 + 1: it cuts a float64 into two halves whose products are exact."""


def two_sum(a: float, b: float) -> tuple[float, float]:
    """Return a + b exactly, as a pair."""
    total = a + b
    part = total - a
    return total, (a - (total - part)) + (b - part)


def two_product(a: float, b: float) -> tuple[float, float]:
    """Return a * b exactly, as a pair, for |a| and |b| below 2^480."""
    product = a * b
    scaled = a * _SPLITTER
    a_high = scaled - (scaled - a)
    scaled = b * _SPLITTER
    b_high = scaled - (scaled - b)
    a_low = a - a_high
    b_low = b - b_high
    return product, ((a_high * b_high - product) + a_high * b_low + a_low * b_high) + a_low * b_low


def pair_sum(a: float, a_low: float, b: float, b_low: float) -> tuple[float, float]:
    high, low = two_sum(a, b)
    return two_sum(high, low + (a_low + b_low))


def pair_product(a: float, a_low: float, b: float, b_low: float) -> tuple[float, float]:
    high, low = two_product(a, b)
    return two_sum(high, low + (a * b_low + a_low * b))
