"""Sine, cosine, tangent and distance on a sphere as fixed IEEE operations, as in `logarithms`."""

from __future__ import annotations

import math
from typing import Final

from zipline.expressions.pairs import pair_product, pair_sum, two_product, two_sum

NAN: Final = math.nan
INF: Final = math.inf

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
        high, low = pair_sum(high, low, digit * unit, 0.0)
    high, low = pair_product(sign * high, sign * low, HALF_PI_HIGH, HALF_PI_LOW)
    if x < 0.0:
        return (-quadrant) & 3, -high, -low
    return quadrant, high, low


def _sin_pair(y: float, y_low: float) -> tuple[float, float]:
    square = y * y
    term = 0.0
    for n in range(20, 1, -2):
        term = (term + 1.0) * (-square / (n * (n + 1.0)))
    return two_sum(y, y_low * (1.0 - 0.5 * square) + y * term)


def _cos_pair(y: float, y_low: float) -> tuple[float, float]:
    half, half_low = two_product(0.5 * y, y)
    square = y * y
    term = 0.0
    for n in range(21, 2, -2):
        term = (term + 1.0) * (-square / (n * (n + 1.0)))
    high, low = two_sum(1.0, -half)
    return two_sum(high, low - half_low - half * term - y * y_low)


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
    product, product_low = two_product(quotient, below)
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
