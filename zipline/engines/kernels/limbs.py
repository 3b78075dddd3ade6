"""Integers of many 64-bit limbs, least significant first, two's complement, modulo ``2**(64 * len)``.

Arrays are changed in place; callers own the space, so that nothing is allocated per observation. Because
everything wraps, an intermediate may overflow as long as the result that counts fits.
"""

from __future__ import annotations

import numpy as np

from zipline.engines.kernels.arrays import Words
from zipline.engines.kernels.jit import kernel
from zipline.engines.kernels.rounding import SIGN_BIT, round_magnitude
from zipline.engines.kernels.wide import ALL_ONES, ONE, WORD, ZERO, multiply_high

HALF = np.uint64(32)
LOW_HALF = np.uint64(0xFFFFFFFF)


@kernel
def copy(a: Words, out: Words) -> None:
    """Set ``out = a``, zeros where `out` is longer. (``out[:] = a`` takes numba two seconds to compile.)"""
    for i in range(len(a)):
        out[i] = a[i]
    for i in range(len(a), len(out)):
        out[i] = ZERO


@kernel
def difference(a: Words, b: Words, out: Words) -> None:
    """Set ``out = a - b``, extending the sign where `out` is longer than `a` and `b`."""
    borrow = ZERO
    count = len(a)
    for i in range(count):
        left = a[i]
        partial = left - b[i]
        out[i] = partial - borrow
        borrow = ONE if left < b[i] or partial < borrow else ZERO
    fill = ALL_ONES if out[count - 1] >= SIGN_BIT else ZERO
    for i in range(count, len(out)):
        out[i] = fill


@kernel
def add(target: Words, a: Words) -> None:
    """Set ``target += a``; both have one length."""
    carry = ZERO
    for i in range(len(target)):
        partial = target[i] + a[i]
        total = partial + carry
        carry = ONE if partial < a[i] or total < carry else ZERO
        target[i] = total


@kernel
def negate(target: Words) -> None:
    """Set ``target = -target``."""
    carry = ONE
    for i in range(len(target)):
        target[i] = ~target[i] + carry
        carry = ONE if carry == ONE and target[i] == ZERO else ZERO


@kernel
def scale(target: Words, factor: np.uint64) -> None:
    """Set ``target *= factor``."""
    carry = ZERO
    for i in range(len(target)):
        low = target[i] * factor
        high = multiply_high(target[i], factor)
        target[i] = low + carry
        carry = high + (ONE if target[i] < carry else ZERO)


@kernel
def multiply(a: Words, b: Words, out: Words) -> None:
    """Set ``out = a * b``; all have one length, and `out` is neither of the others."""
    count = len(out)
    for i in range(count):
        out[i] = ZERO
    for i in range(count):
        factor = a[i]
        if factor == ZERO:
            continue
        carry = ZERO
        for j in range(count - i):
            low = factor * b[j]
            high = multiply_high(factor, b[j])
            low += carry
            high += ONE if low < carry else ZERO
            out[i + j] += low
            carry = high + (ONE if out[i + j] < low else ZERO)


@kernel
def add_shifted(target: Words, a: Words, shift: int, negative: bool) -> None:
    """Add the unsigned `a`, times ``2**shift``, to `target`, or subtract it."""
    first = shift >> 6
    bits = np.uint64(shift & 63)
    carry = ZERO
    below = ZERO
    for i in range(first, len(target)):
        position = i - first
        word = a[position] if position < len(a) else ZERO
        if position > len(a) and carry == ZERO:
            return
        shifted = word
        if bits != ZERO:
            shifted = (word << bits) | (below >> (WORD - bits))
        below = word
        old = target[i]
        if negative:
            partial = old - shifted
            target[i] = partial - carry
            carry = ONE if old < shifted or partial < carry else ZERO
        else:
            partial = old + shifted
            target[i] = partial + carry
            carry = ONE if partial < old or target[i] < carry else ZERO


@kernel
def divide(target: Words, divisor: np.uint64) -> bool:
    """Divide the unsigned `target` by a divisor below 2**32; return whether there was a remainder."""
    rest = ZERO
    for i in range(len(target) - 1, -1, -1):
        upper = (rest << HALF) | (target[i] >> HALF)
        quotient = upper // divisor
        lower = ((upper - quotient * divisor) << HALF) | (target[i] & LOW_HALF)
        target[i] = (quotient << HALF) | (lower // divisor)
        rest = lower - (lower // divisor) * divisor
    return bool(rest != ZERO)


@kernel
def top_limb(a: Words) -> int:
    """Return the position of the highest limb of an unsigned number that is not zero, -1 for zero."""
    i = len(a) - 1
    while i >= 0 and a[i] == ZERO:
        i -= 1
    return i


@kernel
def round_unsigned(negative: bool, a: Words, sticky: bool, exponent: int) -> float:
    """Return the unsigned `a` times ``2**exponent``, with a sign, as float64; `sticky` as in `round_word`."""
    top = top_limb(a)
    if top < 1:
        return round_magnitude(negative, ZERO, a[0], sticky, exponent)
    for i in range(top - 1):
        sticky = sticky or a[i] != ZERO
    return round_magnitude(negative, a[top], a[top - 1], sticky, exponent + 64 * (top - 1))


@kernel
def round_signed(a: Words, exponent: int) -> float:
    """Return `a` times ``2**exponent`` as float64; `a` is overwritten."""
    negative = a[len(a) - 1] >= SIGN_BIT
    if negative:
        negate(a)
    return round_unsigned(negative, a, False, exponent)


@kernel
def quotient(a: Words, divisors: Words, out: Words) -> tuple[bool, bool, int]:
    """Divide the signed `a` by every one of `divisors`, which are below 2**32; `a` is overwritten.

    Only the upper limbs are divided: `out` has ``quotient_limbs(len(divisors))`` of them, which leaves more
    bits than float64 holds. Return (negative, sticky, shift): the magnitude is `out` times ``2**shift``, and
    `sticky` says that something below that was cut.
    """
    negative = a[len(a) - 1] >= SIGN_BIT
    if negative:
        negate(a)
    lowest = max(top_limb(a), 0) - len(out) + 1
    sticky = False
    for i in range(lowest):
        sticky = sticky or a[i] != ZERO
    for i in range(len(out)):
        out[i] = a[lowest + i] if lowest + i >= 0 else ZERO
    for divisor in divisors:
        remainder = divide(out, divisor)
        sticky = sticky or remainder
    return negative, sticky, 64 * lowest


@kernel
def round_quotient(a: Words, divisors: Words, exponent: int, space: Words) -> float:
    """Return `a` divided by every one of `divisors`, times ``2**exponent``, rounded once; see `quotient`."""
    negative, sticky, shift = quotient(a, divisors, space)
    return round_unsigned(negative, space, sticky, exponent + shift)


@kernel
def quotient_limbs(divisors: int) -> int:
    """Return the limbs that `quotient` needs: the first may hold one bit only, and each divisor takes 32.

    >>> [quotient_limbs(count) for count in (1, 2, 3)]
    [3, 3, 4]
    """
    return 1 + -(-(56 + 32 * divisors) // 64)
