"""Exact sums of words of an online document: two parts where these hold the total, else all bits that float64 has.

The error of a float addition is itself a float (Knuth, "The Art of Computer Programming" volume 2, 4.2.2, theorem B):
a high and a low part hold most totals exactly, and their sum is then the total rounded once. Where they do not, and
where values are infinite or NaN, a fixed-point number as wide as all of float64 is used.
"""

from __future__ import annotations

import numpy as np

from zipline.engines.kernels.arrays import Integers, Words
from zipline.engines.kernels.jit import kernel
from zipline.engines.kernels.limbs import add_shifted, round_signed
from zipline.engines.kernels.wide import FRACTION, HIDDEN_BIT, ONE, ZERO, bits_to_float

LIMBS = 35
"""Words for sums of up to 2**64 floats, each from 2**-1074 to 2**1024, and the sign."""
EXPONENT = np.uint64(52)
EXPONENT_BITS = np.uint64(0x7FF)
SIGN = np.uint64(63)
LARGEST_EXPONENT = 0x7FF


@kernel
def float_sum(words: Words, records: Integers, count: int, column: int) -> float:
    """Return the sum of a float column over records, rounded once; as IEEE addition has it with NaN and infinities."""
    high, low = 0.0, 0.0
    exact = True
    for i in range(count):
        value = bits_to_float(words[records[i] + column])
        total = high + value
        part = total - high
        error = (high - (total - part)) + (value - part)
        high = total
        total = low + error
        part = total - low
        lost = (low - (total - part)) + (error - part)
        low = total
        exact = exact and lost == 0.0  # false where an infinity or an overflow has made it NaN
    return high + low if exact else _wide_sum(words, records, count, column)


@kernel
def _wide_sum(words: Words, records: Integers, count: int, column: int) -> float:
    total = np.zeros(LIMBS, np.uint64)
    fraction = np.empty(1, np.uint64)
    special = 0.0
    for i in range(count):
        word = words[records[i] + column]
        exponent = int(np.int64((word >> EXPONENT) & EXPONENT_BITS))
        if exponent == LARGEST_EXPONENT:
            special += bits_to_float(word)
            continue
        fraction[0] = word & FRACTION
        if exponent > 0:
            fraction[0] |= HIDDEN_BIT
            exponent -= 1
        add_shifted(total, fraction, exponent, word >> SIGN == ONE)
    return special if special != 0.0 else round_signed(total, -1074)


@kernel
def integer_sum(words: Words, records: Integers, count: int, column: int) -> tuple[np.uint64, np.uint64]:
    """Return the sum of an integer column over records as a two-word integer, the low word first."""
    low, high = ZERO, ZERO
    for i in range(count):
        word = words[records[i] + column]
        low += word
        high += (ONE if low < word else ZERO) - (word >> SIGN)
    return low, high
