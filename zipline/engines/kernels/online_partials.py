"""The partials of aggregations of one-word columns, of many records at once, as `partial_numbers.py` says them."""

from __future__ import annotations

import numpy as np

from zipline.engines.kernels.arrays import Booleans, Integers, Words
from zipline.engines.kernels.jit import kernel
from zipline.engines.kernels.online_sums import EXPONENT, EXPONENT_BITS, LARGEST_EXPONENT, add_word
from zipline.engines.kernels.rounding import SIGN_BIT
from zipline.engines.kernels.wide import FRACTION, bits_to_float

COUNT, SUM_FLOATS, SUM_WHOLE, LEAST, GREATEST, LEAST_FLOAT, GREATEST_FLOAT = range(7)
FIRST, LAST, FIRST_TIME, LAST_TIME = range(7, 11)
TIED = -1
"""In place of a count: the value itself would have to say which event comes first."""
_LOW = np.int64(0xFFFFFFFF)


@kernel
def make_partials(
    words: Words,
    kinds: Integers,
    columns: Integers,
    bits: Integers,
    counts: Integers,
    parts: Integers,
    totals: Words,
) -> None:
    """Make the partial of each aggregation of some records.

    Args:
        words: uint64[n, width], the records.
        kinds: of the aggregations, as above.
        columns: the word of a record that each is of.
        bits: the bit of a record's flags, from word 3 on, that says of each that a value is null; -1: nulls count too.
        counts: filled in: how many values each is of, or `TIED`.
        parts: int64[aggregations, 4], filled in. Sums of floats: how many are NaN, infinity, minus infinity. Sums of
            whole numbers: the sums of their upper and their lower 32 bits. Least and greatest: the word. Picks: event
            time, knowledge time, whether the value is null, its word. Times: the time.
        totals: uint64[aggregations, LIMBS], zeros; filled in with sums of floats in units of 2**-1074.
    """
    inside = np.empty(len(words), np.bool_)
    for each in range(len(kinds)):
        counts[each] = _present(words, bits[each], inside)
        kind, column = kinds[each], columns[each]
        if kind == SUM_FLOATS:
            _add_floats(words, column, inside, parts[each], totals[each])
        elif kind == SUM_WHOLE:
            _add_whole(words, column, inside, parts[each])
        elif kind in (LEAST, GREATEST):
            parts[each, 0] = _outermost(words, column, inside, kind == GREATEST)
        elif kind in (LEAST_FLOAT, GREATEST_FLOAT):
            parts[each, 0] = _outermost_float(words, column, inside, kind == GREATEST_FLOAT)
        elif kind in (FIRST_TIME, LAST_TIME):
            parts[each, 0] = _outermost(words, 0, inside, kind == LAST_TIME)
        elif kind in (FIRST, LAST) and _pick(words, column, bits[each], inside, kind == LAST, parts[each]):
            counts[each] = TIED


@kernel
def _present(words: Words, bit: int, inside: Booleans) -> int:
    """Fill in which records have a value, and return how many."""
    count = 0
    for row in range(len(words)):
        inside[row] = bit < 0 or words[row, 3 + bit // 64] >> np.uint64(bit % 64) & np.uint64(1) == 0
        count += inside[row]
    return count


@kernel
def _add_floats(words: Words, column: int, inside: Booleans, part: Integers, total: Words) -> None:
    fraction = np.empty(1, np.uint64)
    part[:3] = 0
    for row in range(len(words)):
        if not inside[row]:
            continue
        word = words[row, column]
        if int(np.int64((word >> EXPONENT) & EXPONENT_BITS)) == LARGEST_EXPONENT:
            part[0 if word & FRACTION else 2 if word >= SIGN_BIT else 1] += 1
        else:
            add_word(word, fraction, total)


@kernel
def _add_whole(words: Words, column: int, inside: Booleans, part: Integers) -> None:
    part[:2] = 0
    for row in range(len(words)):
        if inside[row]:
            value = np.int64(words[row, column])
            part[0] += value >> 32
            part[1] += value & _LOW


@kernel
def _outermost(words: Words, column: int, inside: Booleans, greatest: bool) -> np.int64:
    found, any_found = np.int64(0), False
    for row in range(len(words)):
        if inside[row]:
            value = np.int64(words[row, column])
            if not any_found or (value > found if greatest else value < found):
                found, any_found = value, True
    return found


@kernel
def _outermost_float(words: Words, column: int, inside: Booleans, greatest: bool) -> np.int64:
    """Return the word of the least or greatest float; NaN is above every number."""
    found, any_found = np.uint64(0), False
    for row in range(len(words)):
        if inside[row]:
            word = words[row, column]
            value, best = bits_to_float(word), bits_to_float(found)
            if not any_found:
                better = True
            elif greatest:
                better = best == best and (value != value or value > best)
            else:
                better = value == value and (best != best or value < best)
            if better:
                found, any_found = word, True
    return np.int64(found)


@kernel
def _pick(words: Words, column: int, bit: int, inside: Booleans, last: bool, part: Integers) -> bool:
    """Find the first or last event; return whether several have its event time and knowledge time."""
    best, tied = -1, False
    for row in range(len(words)):
        if not inside[row]:
            continue
        time, known = np.int64(words[row, 0]), np.int64(words[row, 1])
        if best >= 0:
            of_time, of_known = np.int64(words[best, 0]), np.int64(words[best, 1])
            if time == of_time and known == of_known:
                tied = True
                continue
            later = time > of_time or (time == of_time and known > of_known)
            if later != last:
                continue
        best, tied = row, False
    if best >= 0:
        part[0], part[1], part[2] = np.int64(words[best, 0]), np.int64(words[best, 1]), 0
        part[3] = np.int64(words[best, column])
    return tied
