"""What the features of a group are made of: a tally of its inputs, and the values that come of one."""

from __future__ import annotations

import numpy as np

from zipline.engines.kernels.arrays import Integers, Words
from zipline.engines.kernels.jit import kernel
from zipline.engines.kernels.online_records import ends, extremes, order_key
from zipline.engines.kernels.online_sums import LIMBS, add_floats, float_parts, integer_sum, rounded
from zipline.engines.kernels.rounding import SIGN_BIT, round_two
from zipline.engines.kernels.wide import ALL_ONES, ONE, ZERO, bits_to_float, float_to_bits

EMPTY, PRESENT, OVERFLOWN = 0, 1, 2
"""What becomes of a value: no input is left; it is there; its total is beyond int64."""

COUNT, SUM, MEAN, LEAST, GREATEST, FIRST, LAST, SINCE_FIRST, SINCE_LAST = range(9)
"""What a feature is of its group."""

SUMMED, COMPARED, ORDERED = 7, 8, 9
"""What a program says of a group beside `online_records`: is some feature a sum, an extreme, one of its ends?"""

SIZE, LOW, HIGH, EXACT, MINIMUM, MAXIMUM, OLDEST, NEWEST = 0, 1, 2, 3, 4, 5, 6, 9
"""A tally: how many inputs; their sum, an integer of two words or two floats, and whether these are exact; extremes;
and of the oldest and the newest input event time, knowledge time and value."""
TALLY = 12


@kernel
def fill(words: Words, records: Integers, count: int, group: Integers, tally: Words) -> None:
    """Set the tally of a group's inputs."""
    tally[SIZE] = np.uint64(count)
    if count == 0:
        return
    column, floats = group[1], group[2] != 0
    if group[SUMMED] and floats:
        _fill_floats(words, records, count, column, tally)
    elif group[SUMMED]:
        tally[LOW], tally[HIGH] = integer_sum(words, records, count, column)
    if group[COMPARED]:
        tally[MINIMUM], tally[MAXIMUM] = extremes(words, records, count, column, floats)
    if group[ORDERED]:
        oldest, newest = ends(words, records, count, column, floats)
        _fill_end(words, oldest, column, tally, OLDEST)
        _fill_end(words, newest, column, tally, NEWEST)


@kernel
def _fill_floats(words: Words, records: Integers, count: int, column: int, tally: Words) -> None:
    high, low, exact = float_parts(words, records, count, column)
    if not exact:
        total = np.zeros(LIMBS, np.uint64)
        special = add_floats(words, records, count, column, total)
        high, low = rounded(total, special), 0.0
    tally[LOW], tally[HIGH] = float_to_bits(high), float_to_bits(low)
    tally[EXACT] = ONE if exact else ZERO


@kernel
def _fill_end(words: Words, record: int, column: int, tally: Words, place: int) -> None:
    tally[place] = words[record]
    tally[place + 1] = words[record + 1]
    tally[place + 2] = words[record + column] if column >= 0 else ZERO


@kernel
def value(tally: Words, group: Integers, what: int, now: int) -> tuple[int, np.uint64]:
    """Return what becomes of a feature's value, and the value."""
    if tally[SIZE] == ZERO:
        return EMPTY, ZERO
    if what == COUNT:
        return PRESENT, tally[SIZE]
    if what in (SUM, MEAN):
        return _total(tally, group[2] != 0, what == MEAN)
    if what in (LEAST, GREATEST):
        return PRESENT, tally[MINIMUM if what == LEAST else MAXIMUM]
    place = OLDEST if what in (FIRST, SINCE_FIRST) else NEWEST
    if what in (FIRST, LAST):
        return PRESENT, tally[place + 2]
    return PRESENT, float_to_bits(float(now - np.int64(tally[place])) / 1e6)


@kernel
def _total(tally: Words, floats: bool, mean: bool) -> tuple[int, np.uint64]:
    """Return the sum, or the mean, that a tally has."""
    low, high = tally[LOW], tally[HIGH]
    if not floats and not mean:
        fits = high == (ALL_ONES if low >= SIGN_BIT else ZERO)
        return (PRESENT if fits else OVERFLOWN), low
    total = bits_to_float(low) + bits_to_float(high) if floats else round_two(low, high, 0)
    result = total / float(tally[SIZE]) if mean else total
    return PRESENT, float_to_bits(np.nan if result != result else result + 0.0)


@kernel
def is_before(one: Words, at: int, other: Words, place: int, floats: bool) -> bool:
    """Return whether (event time, knowledge time, value) at a place is before that at another."""
    for i in range(2):
        if one[at + i] != other[place + i]:
            return bool(np.int64(one[at + i]) < np.int64(other[place + i]))
    return order_key(one[at + 2], floats) < order_key(other[place + 2], floats)
