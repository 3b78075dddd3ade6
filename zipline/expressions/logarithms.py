"""Logarithms, exponentials and powers as fixed sequences of IEEE additions, multiplications and divisions.

No math library is called, because their last bits differ between machines, and nothing is fused: a result is
within one unit in the last place, and the same everywhere. The code is the part of Python that numba compiles
to the very same operations.
"""

from __future__ import annotations

import math
from typing import Final

from zipline.expressions.pairs import pair_product, pair_sum, two_product, two_sum

NAN: Final = math.nan
INF: Final = math.inf

LN2_HIGH: Final = 0.6931471803691238
LN2_LOW: Final = 1.9082149292705877e-10
LN2_REST: Final = 1.1612227229362532e-26
LOG2_E_HIGH: Final = 1.4426950408889634
LOG2_E_LOW: Final = 2.0355273740931033e-17
LOG10_E_HIGH: Final = 0.4342944819032518
LOG10_E_LOW: Final = 1.098319650216765e-17
# 1/3, 1/5, ... of the series of atanh, as pairs; the tail is short enough for single float64s.
ODD_HIGH: Final = (0.3333333333333333, 0.2, 0.14285714285714285, 0.1111111111111111, 0.09090909090909091)
ODD_LOW: Final = (
    1.850371707708594e-17,
    -1.1102230246251566e-17,
    7.93016446160826e-18,
    6.1679056923619804e-18,
    -2.523234146875356e-18,
)


def _log_pair(x: float) -> tuple[float, float]:
    """Return ln x, 0 < x < inf, to about 2^-90: x = m 2^k, ln m = 2 atanh(s), s = (m - 1)/(m + 1)."""
    m, k = math.frexp(x)
    if m < 0.7071067811865476:
        m = m * 2.0
        k = k - 1
    f = m - 1.0
    below, below_low = two_sum(m, 1.0)
    s = f / below
    product, product_low = two_product(s, below)
    s_low = (((f - product) - product_low) - s * below_low) / below
    square, square_low = pair_product(s, s_low, s, s_low)
    tail = 0.0
    for n in range(25, 11, -2):
        tail = tail * square + 1.0 / n
    high, low = tail, 0.0
    for i in range(4, -1, -1):
        high, low = pair_product(high, low, square, square_low)
        high, low = pair_sum(high, low, ODD_HIGH[i], ODD_LOW[i])
    high, low = pair_product(high, low, square, square_low)
    high, low = pair_product(high, low, 2.0 * s, 2.0 * s_low)
    high, low = pair_sum(high, low, 2.0 * s, 2.0 * s_low)
    lows, lows_rest = two_product(float(k), LN2_LOW)
    base, base_low = two_sum(k * LN2_HIGH, lows)
    return pair_sum(base, base_low + (lows_rest + k * LN2_REST), high, low)


def ln(x: float) -> float:
    """Return the natural logarithm; -inf of 0, NaN below.

    >>> ln(1.0), ln(0.0), ln(2.718281828459045)
    (0.0, -inf, 1.0)
    """
    if not 0.0 < x < INF:
        return _log_edge(x)
    high, low = _log_pair(x)
    return high + low


def log2(x: float) -> float:
    """Return the logarithm to base 2, exact for powers of two.

    >>> log2(8.0), log2(0.125)
    (3.0, -3.0)
    """
    if not 0.0 < x < INF:
        return _log_edge(x)
    m, k = math.frexp(x)
    if m < 0.7071067811865476:
        m = m * 2.0
        k = k - 1
    high, low = _log_pair(m)
    high, low = pair_product(high, low, LOG2_E_HIGH, LOG2_E_LOW)
    high, low = pair_sum(float(k), 0.0, high, low)
    return high + low


def log10(x: float) -> float:
    """Return the logarithm to base 10, exact for powers of ten that are float64s.

    >>> log10(1000.0)
    3.0
    """
    if not 0.0 < x < INF:
        return _log_edge(x)
    high, low = _log_pair(x)
    high, low = pair_product(high, low, LOG10_E_HIGH, LOG10_E_LOW)
    return high + low


def _log_edge(x: float) -> float:
    if x == 0.0:
        return -INF
    return x if x > 0.0 else NAN


def _exp_pair(x: float, x_low: float) -> float:
    """Return e^(x + x_low): x = k ln 2 + r, a Taylor series of r, and a scaling by 2^k that rounds once at
    most.
    """
    if x > 710.0:
        return INF
    if x < -746.0:
        return 0.0
    k = math.floor(x * LOG2_E_HIGH + 0.5)
    rest, carry = two_sum(x - k * LN2_HIGH, x_low - k * LN2_LOW)
    term = 0.0
    for n in range(14, 1, -1):
        term = (term + 1.0) * (rest / n)
    high, low = two_sum(1.0, rest)
    power = high + (low + (rest * term + carry))
    if k < -1000:
        return (power * math.ldexp(1.0, k + 100)) * math.ldexp(1.0, -100)
    return (power * math.ldexp(1.0, k - 1)) * 2.0


def exp(x: float) -> float:
    """Return e^x; beyond the largest float64 inf.

    >>> exp(0.0), exp(1.0), exp(1000.0)
    (1.0, 2.718281828459045, inf)
    """
    if x != x:
        return NAN
    return _exp_pair(x, 0.0)


def pow(x: float, y: float) -> float:  # noqa: A001 - the name in the language
    """Return x^y as IEEE 754 defines it, with -0.0 taken as 0.0; a negative x takes whole y only, NaN
    otherwise.

    >>> pow(3.0, 2.0), pow(-2.0, 3.0), pow(2.0, 0.5), pow(-1.0, 0.5)
    (9.0, -8.0, 1.414213562373095, nan)
    """
    if y == 0.0 or x == 1.0:
        return 1.0
    if x != x or y != y:
        return NAN
    if x == 0.0 or abs(x) == INF or abs(y) == INF:
        return _pow_edge(x, y)
    sign = 1.0
    if x < 0.0:
        if y != math.floor(y):
            return NAN
        sign = 1.0 if _is_even(y) else -1.0
    if abs(y) > 1e20:
        return sign * _pow_edge(0.0 if (abs(x) < 1.0) == (y > 0.0) else INF, 1.0) if abs(x) != 1.0 else 1.0
    high, low = _log_pair(abs(x))
    high, low = pair_product(high, low, y, 0.0)
    return sign * _exp_pair(high, low)


def _is_even(y: float) -> bool:
    half = y * 0.5
    return half == math.floor(half)


def _pow_edge(x: float, y: float) -> float:
    """Return x^y where x is 0 or an infinity, or y is an infinity; y is not 0."""
    size = abs(x)
    if abs(y) == INF:
        if size == 1.0:
            return 1.0
        return INF if (size > 1.0) == (y > 0.0) else 0.0
    if (size == 0.0) == (y > 0.0):
        return 0.0
    odd = x < 0.0 and y == math.floor(y) and not _is_even(y)
    return -INF if odd else INF
