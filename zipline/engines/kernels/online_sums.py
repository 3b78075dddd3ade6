"""Exact sums of words of an online document: two parts where these hold the total, else all bits that float64 has.

The error of a float addition is itself a float (Knuth, "The Art of Computer Programming" volume 2, 4.2.2, theorem B):
a high and a low part hold most totals exactly, and their sum is then the total rounded once. Where they do not, and
where values are infinite or NaN, a fixed-point number as wide as all of float64 is used, in units of 2**-1074.
"""

from __future__ import annotations

import numpy as np

from zipline.engines.kernels.arrays import Integers, Words
from zipline.engines.kernels.jit import kernel
from zipline.engines.kernels.limbs import add_shifted, round_signed
from zipline.engines.kernels.rounding import SIGN_BIT
from zipline.engines.kernels.wide import ALL_ONES, FRACTION, HIDDEN_BIT, ONE, ZERO, bits_to_float

LIMBS = 35
"""Words for sums of up to 2**64 floats, and the sign."""
EXPONENT = np.uint64(52)
EXPONENT_BITS = np.uint64(0x7FF)
LARGEST_EXPONENT = 0x7FF


@kernel
def float_parts(words: Words, records: Integers, count: int, column: int) -> tuple[float, float, bool]:
    """Return the two parts of a float column's sum over records, and whether they are exact."""
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
    return high, low, exact


@kernel
def add_floats(words: Words, records: Integers, count: int, column: int, total: Words) -> float:
    """Add a float column to a wide total; return the sum of the infinities and NaN among it, else 0.0."""
    fraction = np.empty(1, np.uint64)
    special = 0.0
    for i in range(count):
        special += add_word(words[records[i] + column], fraction, total)
    return special


@kernel
def add_word(word: np.uint64, fraction: Words, total: Words) -> float:
    """Add a float, given by its bits, to a wide total; return it where it is infinite or NaN, else 0.0.

    Args:
        fraction: room for one word.
    """
    exponent = int(np.int64((word >> EXPONENT) & EXPONENT_BITS))
    if exponent == LARGEST_EXPONENT:
        return float(bits_to_float(word))
    fraction[0] = word & FRACTION
    if exponent > 0:
        fraction[0] |= HIDDEN_BIT
        exponent -= 1
    add_shifted(total, fraction, exponent, bool(word >= SIGN_BIT))
    return 0.0


@kernel
def add_limbs(words: Words, start: int, count: int, lowest: int, total: Words) -> None:
    """Add a signed number of limbs, the first of which is limb `lowest`, to a wide total."""
    if count == 0:
        return
    fill = ALL_ONES if words[start + count - 1] >= SIGN_BIT else ZERO
    carry = ZERO
    for i in range(lowest, len(total)):
        if i - lowest >= count and (carry == ONE) == (fill == ALL_ONES):
            return  # no carry into zeros, or one into ones: all that is above stays as it is
        limb = words[start + i - lowest] if i - lowest < count else fill
        partial = total[i] + limb
        total[i] = partial + carry
        carry = ONE if partial < limb or total[i] < carry else ZERO


@kernel
def rounded(total: Words, special: float) -> float:
    """Return a wide total as float64; with infinities and NaN, what IEEE addition has of them. It is overwritten."""
    return special if special != 0.0 else round_signed(total, -1074)


@kernel
def integer_sum(words: Words, records: Integers, count: int, column: int) -> tuple[np.uint64, np.uint64]:
    """Return the sum of an integer column over records as a two-word integer, the low word first."""
    low, high = ZERO, ZERO
    for i in range(count):
        low, high = add_integer(low, high, words[records[i] + column])
    return low, high


@kernel
def add_integer(low: np.uint64, high: np.uint64, word: np.uint64) -> tuple[np.uint64, np.uint64]:
    """Return a two-word integer with a signed word added."""
    total = low + word
    carry = ONE if total < word else ZERO
    return total, high + carry - (ONE if word >= SIGN_BIT else ZERO)
