"""Logarithms, exponentials and trigonometry as fixed sequences of IEEE additions, multiplications, divisions
and roots.

No math library is called, because their last bits differ between machines, and nothing is fused. Every result
is within
one unit in the last place. The code is the part of Python that numba compiles to the very same operations, so
a compiled
run gives the same bits. Where a float64 is too short a number is a pair (high, low) whose exact sum it stands
for
(T. J. Dekker, "A floating-point technique for extending the available precision", 1971).
"""

from __future__ import annotations

import math
from typing import Final

NAN: Final = math.nan
INF: Final = math.inf
_SPLITTER: Final = 134217729.0

LN2_HIGH: Final = 0.6931471803691238
LN2_LOW: Final = 1.9082149292705877e-10
LN2_REST: Final = 1.1612227229362532e-26
LOG2_E_HIGH: Final = 1.4426950408889634
LOG2_E_LOW: Final = 2.0355273740931033e-17
LOG10_E_HIGH: Final = 0.4342944819032518
LOG10_E_LOW: Final = 1.098319650216765e-17
HALF_PI_HIGH: Final = 1.5707963267948966
HALF_PI_LOW: Final = 6.123233995736766e-17
QUARTER_PI: Final = 0.7853981633974483
RADIAN: Final = 0.017453292519943295
EARTH_RADIUS: Final = 6371008.8
TWO_OVER_PI: Final = (  # 24 bits each, after the point
    0xA2F983, 0x6E4E44, 0x1529FC, 0x2757D1, 0xF534DD, 0xC0DB62, 0x95993C, 0x439041,
    0xFE5163, 0xABDEBB, 0xC561B7, 0x246E3A, 0x424DD2, 0xE00649, 0x2EEA09, 0xD1921C,
    0xFE1DEB, 0x1CB129, 0xA73EE8, 0x8235F5, 0x2EBB44, 0x84E99C, 0x7026B4, 0x5F7E41,
    0x3991D6, 0x398353, 0x39F49C, 0x845F8B, 0xBDF928, 0x3B1FF8, 0x97FFDE, 0x05980F,
    0xEF2F11, 0x8B5A0A, 0x6D1F6D, 0x367ECF, 0x27CB09, 0xB74F46, 0x3F669E, 0x5FEA2D,
    0x7527BA, 0xC7EBE5, 0xF17B3D, 0x0739F7, 0x8A5292, 0xEA6BFB, 0x5FB11F, 0x8D5D08,
    0x560330, 0x46FC7B, 0x6BABF0, 0xCFBC20, 0x9AF436, 0x1DA9E3, 0x91615E, 0xE61B08,
)  # fmt: skip
# 1/3, 1/5, ... of the series of atanh, as pairs; the tail is short enough for single float64s.
ODD_HIGH: Final = (0.3333333333333333, 0.2, 0.14285714285714285, 0.1111111111111111, 0.09090909090909091)
ODD_LOW: Final = (
    1.850371707708594e-17,
    -1.1102230246251566e-17,
    7.93016446160826e-18,
    6.1679056923619804e-18,
    -2.523234146875356e-18,
)


def _two_sum(a: float, b: float) -> tuple[float, float]:
    """Return a + b exactly, as a pair."""
    total = a + b
    part = total - a
    return total, (a - (total - part)) + (b - part)


def _two_product(a: float, b: float) -> tuple[float, float]:
    """Return a * b exactly, as a pair, for |a| and |b| below 2^480."""
    product = a * b
    scaled = a * _SPLITTER
    a_high = scaled - (scaled - a)
    scaled = b * _SPLITTER
    b_high = scaled - (scaled - b)
    a_low = a - a_high
    b_low = b - b_high
    return product, ((a_high * b_high - product) + a_high * b_low + a_low * b_high) + a_low * b_low


def _pair_sum(a: float, a_low: float, b: float, b_low: float) -> tuple[float, float]:
    high, low = _two_sum(a, b)
    return _two_sum(high, low + (a_low + b_low))


def _pair_product(a: float, a_low: float, b: float, b_low: float) -> tuple[float, float]:
    high, low = _two_product(a, b)
    return _two_sum(high, low + (a * b_low + a_low * b))


def _log_pair(x: float) -> tuple[float, float]:
    """Return ln x of a positive finite x to about 2^-90: x = m 2^k, ln m = 2 atanh(s), s = (m - 1) / (m + 1)."""
    m, k = math.frexp(x)
    if m < 0.7071067811865476:
        m = m * 2.0
        k = k - 1
    f = m - 1.0
    below, below_low = _two_sum(m, 1.0)
    s = f / below
    product, product_low = _two_product(s, below)
    s_low = (((f - product) - product_low) - s * below_low) / below
    square, square_low = _pair_product(s, s_low, s, s_low)
    tail = 0.0
    for n in range(25, 11, -2):
        tail = tail * square + 1.0 / n
    high, low = tail, 0.0
    for i in range(4, -1, -1):
        high, low = _pair_product(high, low, square, square_low)
        high, low = _pair_sum(high, low, ODD_HIGH[i], ODD_LOW[i])
    high, low = _pair_product(high, low, square, square_low)
    high, low = _pair_product(high, low, 2.0 * s, 2.0 * s_low)
    high, low = _pair_sum(high, low, 2.0 * s, 2.0 * s_low)
    lows, lows_rest = _two_product(float(k), LN2_LOW)
    base, base_low = _two_sum(k * LN2_HIGH, lows)
    return _pair_sum(base, base_low + (lows_rest + k * LN2_REST), high, low)


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
    high, low = _pair_product(high, low, LOG2_E_HIGH, LOG2_E_LOW)
    high, low = _pair_sum(float(k), 0.0, high, low)
    return high + low


def log10(x: float) -> float:
    """Return the logarithm to base 10, exact for powers of ten that are float64s.

    >>> log10(1000.0)
    3.0
    """
    if not 0.0 < x < INF:
        return _log_edge(x)
    high, low = _log_pair(x)
    high, low = _pair_product(high, low, LOG10_E_HIGH, LOG10_E_LOW)
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
    rest, carry = _two_sum(x - k * LN2_HIGH, x_low - k * LN2_LOW)
    term = 0.0
    for n in range(14, 1, -1):
        term = (term + 1.0) * (rest / n)
    high, low = _two_sum(1.0, rest)
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


def pow(x: float, y: float) -> float:
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
    high, low = _pair_product(high, low, y, 0.0)
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


def _reduce(x: float) -> tuple[int, float, float]:
    """Return (quadrant, y, y_low) with x = quadrant * pi/2 + y, |y| <= pi/4, for any finite x.

    M. Payne and R. Hanek, "Radian reduction for trigonometric functions", 1983: only those bits of 2/pi are
    multiplied that
    can reach the last two bits before the point or the 190 after it, in digits of 24 bits.
    """
    if abs(x) <= QUARTER_PI:
        return 0, x, 0.0
    m, e = math.frexp(abs(x))
    whole = int(m * 9007199254740992.0)
    shift = (e - 53) % 24
    first = (e - 53 - shift) // 24
    scaled_low = (whole & 0xFFFFFF) << shift
    scaled_mid = (whole >> 24) << shift
    digits = (
        scaled_low & 0xFFFFFF,
        (scaled_low >> 24) + (scaled_mid & 0xFFFFFF),
        (scaled_mid >> 24) & 0xFFFFFF,
        scaled_mid >> 48,
    )
    product = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0]
    carry = 0
    for place in range(9, -1, -1):
        total = carry
        for i in range(4):
            at = i + first - 1 + place
            if at >= 0:
                total += digits[i] * TWO_OVER_PI[at]
        product[place] = total & 0xFFFFFF
        carry = total >> 24
    quadrant = product[0] & 3
    sign = 1.0
    if product[1] >= 0x800000:
        quadrant = (quadrant + 1) & 3
        sign = -1.0
    high, low = 0.0, 0.0
    unit = 1.0
    for place in range(1, 10):
        unit = unit * 5.960464477539063e-08
        digit = product[place] if sign > 0.0 else 0xFFFFFF - product[place]
        high, low = _pair_sum(high, low, digit * unit, 0.0)
    high, low = _pair_product(sign * high, sign * low, HALF_PI_HIGH, HALF_PI_LOW)
    if x < 0.0:
        return (-quadrant) & 3, -high, -low
    return quadrant, high, low


def _sin_pair(y: float, y_low: float) -> tuple[float, float]:
    square = y * y
    term = 0.0
    for n in range(20, 1, -2):
        term = (term + 1.0) * (-square / (n * (n + 1.0)))
    return _two_sum(y, y_low * (1.0 - 0.5 * square) + y * term)


def _cos_pair(y: float, y_low: float) -> tuple[float, float]:
    half, half_low = _two_product(0.5 * y, y)
    square = y * y
    term = 0.0
    for n in range(21, 2, -2):
        term = (term + 1.0) * (-square / (n * (n + 1.0)))
    high, low = _two_sum(1.0, -half)
    return _two_sum(high, low - half_low - half * term - y * y_low)


def sin(x: float) -> float:
    """Return the sine of radians; NaN of an infinity.

    >>> sin(1e22), sin(0.5)
    (-0.8522008497671888, 0.479425538604203)
    """
    if not abs(x) < INF:
        return NAN
    quadrant, y, y_low = _reduce(x)
    high, low = _sin_pair(y, y_low) if quadrant & 1 == 0 else _cos_pair(y, y_low)
    return -(high + low) if quadrant & 2 else high + low


def cos(x: float) -> float:
    """Return the cosine of radians; NaN of an infinity.

    >>> cos(0.0)
    1.0
    """
    if not abs(x) < INF:
        return NAN
    quadrant, y, y_low = _reduce(x)
    high, low = _cos_pair(y, y_low) if quadrant & 1 == 0 else _sin_pair(y, y_low)
    return -(high + low) if (quadrant + 1) & 2 else high + low


def tan(x: float) -> float:
    """Return the tangent of radians; NaN of an infinity."""
    if not abs(x) < INF:
        return NAN
    quadrant, y, y_low = _reduce(x)
    above, above_low = _sin_pair(y, y_low)
    below, below_low = _cos_pair(y, y_low)
    if quadrant & 1:
        above, above_low, below, below_low = -below, -below_low, above, above_low
    quotient = above / below
    product, product_low = _two_product(quotient, below)
    rest = ((above - product) - product_low) + above_low - quotient * below_low
    return quotient + rest / below


def _atan(t: float) -> float:
    """Return the arc tangent for 0 <= t <= 1: the series, about 0 or about 1."""
    base = 0.0
    if t > 0.4142135623730951:
        base = QUARTER_PI
        t = (t - 1.0) / (t + 1.0)
    square = t * t
    term = 0.0
    for n in range(47, 1, -2):
        term = 1.0 / n - square * term
    return base + (t - t * square * term)


def haversine(latitude: float, longitude: float, other_latitude: float, other_longitude: float) -> float:
    """Return the great-circle distance in metres of two points in degrees; NaN where a latitude is beyond 90.

    >>> haversine(0.0, 0.0, 0.0, 180.0)
    20015114.442035925
    """
    if not (abs(latitude) <= 90.0 and abs(other_latitude) <= 90.0):
        return NAN
    across = sin((other_latitude - latitude) * (RADIAN * 0.5))
    along = sin((other_longitude - longitude) * (RADIAN * 0.5))
    a = across * across + cos(latitude * RADIAN) * cos(other_latitude * RADIAN) * (along * along)
    if a != a:
        return NAN
    a = min(a, 1.0)
    near = math.sqrt(a)
    far = math.sqrt(1.0 - a)
    angle = _atan(near / far) if near <= far else HALF_PI_HIGH - _atan(far / near)
    return 2.0 * EARTH_RADIUS * angle
