"""Round an exact number to float64 once, to nearest, ties to even."""

from __future__ import annotations

import numpy as np

from zipline.engines.kernels.jit import kernel
from zipline.engines.kernels.wide import ONE, WORD, ZERO, bits_to_float, leading_zeros

INFINITY_BITS = np.uint64(0x7FF0000000000000)
SIGN_BIT = np.uint64(0x8000000000000000)
FRACTION_BITS = np.uint64(52)
DROPPED = np.uint64(11)  # of the 64 bits of a word, float64 keeps 53


@kernel
def round_word(negative: bool, word: np.uint64, sticky: bool, exponent: int) -> float:
    """Return ``word * 2**exponent`` as float64; `word` has its top bit set, `sticky` says that bits below it
    were cut.

    Results under 2**-1022 are rounded to subnormals, results beyond the largest float64 are infinite.
    """
    leading = exponent + 63
    if leading > 1023:
        return -np.inf if negative else np.inf
    shift = DROPPED
    if leading < -1022:
        if leading < -1075:
            return 0.0
        shift += np.uint64(-1022 - leading)
    if shift == WORD:
        # Only half of the smallest subnormal or less is left: a tie goes to zero, which is even.
        kept = ONE if word > SIGN_BIT or sticky else ZERO
    else:
        kept = word >> shift
        rest = word & ((ONE << shift) - ONE)
        half = ONE << (shift - ONE)
        if rest > half or (rest == half and (sticky or kept & ONE == ONE)):
            kept += ONE
    if leading >= -1022:
        # The leading bit of `kept` adds the one that the exponent lacks; a carry out of it adds another.
        kept += np.uint64(leading + 1022) << FRACTION_BITS
    if negative and kept != ZERO:
        kept |= SIGN_BIT
    rounded: float = bits_to_float(kept)
    return rounded


@kernel
def round_two(low: np.uint64, high: np.uint64, exponent: int) -> float:
    """Return a two-word two's complement integer times ``2**exponent`` as float64."""
    negative = bool(high >= SIGN_BIT)
    if negative:
        low = ~low + ONE
        high = ~high + (ONE if low == ZERO else ZERO)
    return round_magnitude(negative, high, low, False, exponent)


@kernel
def round_magnitude(negative: bool, high: np.uint64, low: np.uint64, sticky: bool, exponent: int) -> float:
    """Return ``(high * 2**64 + low) * 2**exponent`` with a sign as float64.

    With `sticky`, bits below `low` were cut, and `high` is not zero.
    """
    if high == ZERO:
        if low == ZERO:
            return 0.0
        zeros = leading_zeros(low)
        return round_word(negative, low << np.uint64(zeros), sticky, exponent - zeros)
    zeros = leading_zeros(high)
    if zeros == 0:
        return round_word(negative, high, sticky or low != ZERO, exponent + 64)
    shift = np.uint64(zeros)
    word = (high << shift) | (low >> (WORD - shift))
    return round_word(negative, word, sticky or low << shift != ZERO, exponent + 64 - zeros)
