"""Squares of columns of ordinary width: the totals in three limbs, the second moment in registers.

What `fixed_point.py` and `moments.py` do for any width, faster for the width that most columns have.
"""

from __future__ import annotations

import numpy as np

from zipline.engines.kernels.arrays import Floats, Integers, Values, Words
from zipline.engines.kernels.jit import kernel
from zipline.engines.kernels.limbs import HALF, LOW_HALF
from zipline.engines.kernels.parts import parts
from zipline.engines.kernels.rounding import SIGN_BIT, round_magnitude
from zipline.engines.kernels.wide import ONE, WORD, ZERO, leading_zeros, multiply_high, trailing_zeros


@kernel
def accumulate_squares(values: Values, low: int, running: Words, start: int, stop: int) -> None:
    """Fill rows ``start + 1`` to ``stop`` of three limbs with running totals of squares, from zero."""
    total0, total1, total2 = ZERO, ZERO, ZERO
    for i in range(start, stop):
        if np.isfinite(values[i]):
            _, mantissa, exponent = parts(values[i])
            if mantissa != ZERO:
                zeros = trailing_zeros(mantissa)
                mantissa >>= np.uint64(zeros)
                a, b, c = _shifted_square(mantissa, 2 * (exponent + zeros - low))
                total0 += a
                carry = ONE if total0 < a else ZERO
                total1 += carry
                carry = ONE if total1 < carry else ZERO
                total1 += b
                total2 += c + carry + (ONE if total1 < b else ZERO)
        running[i + 1, 0] = total0
        running[i + 1, 1] = total1
        running[i + 1, 2] = total2


@kernel
def _shifted_square(mantissa: np.uint64, shift: int) -> tuple[np.uint64, np.uint64, np.uint64]:
    a, b, c = mantissa * mantissa, multiply_high(mantissa, mantissa), ZERO
    if shift >= 128:
        a, b, c = ZERO, ZERO, a
    elif shift >= 64:
        a, b, c = ZERO, a, b
    bits = np.uint64(shift & 63)
    if bits == ZERO:
        return a, b, c
    return a << bits, (b << bits) | (a >> (WORD - bits)), (c << bits) | (b >> (WORD - bits))


@kernel
def second_moments(
    enter: Words,
    leave: Words,
    enter2: Words,
    leave2: Words,
    lo: Integers,
    hi: Integers,
    exponent: int,
    out: Floats,
    start: int,
    stop: int,
) -> None:
    """Set ``out`` to m2 of windows, from totals of two limbs and totals of squares of three."""
    for j in range(start, stop):
        out[j] = 0.0
        if hi[j] - lo[j] > 1:
            n, e, f = np.uint64(hi[j] - lo[j]), enter[hi[j]], leave[lo[j]]
            low, high = e[0] - f[0], e[1] - f[1] - (ONE if e[0] < f[0] else ZERO)
            if high >= SIGN_BIT:
                low, high = ZERO - low, ~high + (ONE if low == ZERO else ZERO)
            e, f = enter2[hi[j]], leave2[lo[j]]
            a, b, c = e[0] - f[0], e[1] - f[1], e[2] - f[2]
            borrow = ONE if e[0] < f[0] else ZERO
            c -= (ONE if e[1] < f[1] else ZERO) + (ONE if b < borrow else ZERO)
            out[j] = _second_moment(n, low, high, a, b - borrow, c, exponent)


@kernel
def _second_moment(
    n: np.uint64, low: np.uint64, high: np.uint64, a: np.uint64, b: np.uint64, c: np.uint64, exponent: int
) -> float:
    """Return ``(n * p2 - p1**2) / n`` rounded once; p1 is (low, high), unsigned, and p2 is (a, b, c)."""
    word0, word1, word2, word3 = _scaled(n, a, b, c)
    square0, square1, square2, square3 = _square(low, high)
    borrow0 = ONE if word0 < square0 else ZERO
    borrow1 = ONE if word1 < square1 or word1 - square1 < borrow0 else ZERO
    borrow2 = ONE if word2 < square2 or word2 - square2 < borrow1 else ZERO
    word0 -= square0
    word1 -= square1 + borrow0
    word2 -= square2 + borrow1
    word3 -= square3 + borrow2
    for _ in range(3):
        if word3 == ZERO:
            word3, word2, word1, word0 = word2, word1, word0, ZERO
            exponent -= 64
    if word3 == ZERO:
        return 0.0
    leading = leading_zeros(word3)
    shift = np.uint64(leading)
    lost = word0 | word1
    if shift != ZERO:
        lost = word0 | (word1 << shift)
        word3 = (word3 << shift) | (word2 >> (WORD - shift))
        word2 = (word2 << shift) | (word1 >> (WORD - shift))
    upper, rest = _divide_word(word3, ZERO, n)
    lower, rest = _divide_word(word2, rest, n)
    return round_magnitude(False, upper, lower, lost != ZERO or rest != ZERO, exponent + 128 - leading)


@kernel
def _scaled(
    n: np.uint64, a: np.uint64, b: np.uint64, c: np.uint64
) -> tuple[np.uint64, np.uint64, np.uint64, np.uint64]:
    word1 = b * n + multiply_high(a, n)
    carry = multiply_high(b, n) + (ONE if word1 < b * n else ZERO)
    word2 = c * n + carry
    return a * n, word1, word2, multiply_high(c, n) + (ONE if word2 < carry else ZERO)


@kernel
def _square(low: np.uint64, high: np.uint64) -> tuple[np.uint64, np.uint64, np.uint64, np.uint64]:
    cross0, cross1 = low * high, multiply_high(low, high)
    # Twice the cross product has one bit more than two words.
    double0, double1, double2 = (
        cross0 << ONE,
        (cross1 << ONE) | (cross0 >> np.uint64(63)),
        cross1 >> np.uint64(63),
    )
    word1 = multiply_high(low, low) + double0
    carry = ONE if word1 < double0 else ZERO
    word2 = high * high + carry
    carry = ONE if word2 < carry else ZERO
    word2 += double1
    carry += ONE if word2 < double1 else ZERO
    return low * low, word1, word2, multiply_high(high, high) + double2 + carry


@kernel
def _divide_word(word: np.uint64, rest: np.uint64, divisor: np.uint64) -> tuple[np.uint64, np.uint64]:
    """Return quotient and remainder of ``rest * 2**64 + word``; rest < divisor < 2**32."""
    upper = (rest << HALF) | (word >> HALF)
    quotient = upper // divisor
    lower = ((upper - quotient * divisor) << HALF) | (word & LOW_HALF)
    last = lower // divisor
    return (quotient << HALF) | last, lower - last * divisor
