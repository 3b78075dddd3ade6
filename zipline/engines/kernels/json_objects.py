"""Read JSON objects into columns: those that are written the plain way, and only where nothing can be doubted.

An object that is not read here is not wrong: a text with escapes, a list, an integer of many digits and all that is no
JSON are left to a complete parser. What is read is what it would have read.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from zipline.engines.kernels.arrays import Booleans, Floats, Integers, Values
from zipline.engines.kernels.jit import kernel
from zipline.engines.kernels.plain_times import NO_TIME, plain_time

BOOL, INT64, FLOAT64, STRING, TIMESTAMP = range(5)
NOTHING, VALUE, DIGITS = range(3)
"""What is known of a value: it is null or not there; it is read; it is a number that is more than a product."""
_TENS: Final = np.array([float(f"1e{power}") for power in range(23)])
_EXACT: Final = 2**53
_LARGE: Final = 10**17
_EXPONENT: Final = 250  # no digits that are read make such a number too large, or nothing


@kernel
def read_objects(
    data: Values, starts: Integers, lengths: Integers, names: Values, ends: Integers, kinds: Integers,
    required: Booleans, states: Values, numbers: Integers, floats: Floats, sizes: Integers, good: Booleans,
) -> None:  # fmt: skip
    """Read objects; of each `good` says whether it was read.

    Args:
        data, starts, lengths: the objects.
        names, ends: of the columns: UTF-8, one after another, and where each ends.
        kinds: of the columns, as above.
        required: columns that must be there, though they may be null.
        states: uint8[columns, n], zeros; filled in as above.
        numbers: int64[columns, n]: integers, 0 or 1, microseconds; or where a text, or the digits of a number, begin.
        floats: float64[columns, n].
        sizes: int64[columns, n], bytes of a text or of digits.
        good: filled in.
    """
    for row in range(len(starts)):
        at, end = starts[row], starts[row] + lengths[row]
        good[row] = _read(
            data, at, end, row, names, ends, kinds, required, states, numbers, floats, sizes
        )  # fmt: skip


@kernel
def gather(data: Values, starts: Integers, offsets: Integers, out: Values) -> None:
    """Copy texts one after another: text i to ``out[offsets[i]:offsets[i + 1]]``."""
    for i in range(len(starts)):
        begin = starts[i] - offsets[i]
        for at in range(offsets[i], offsets[i + 1]):
            out[at] = data[begin + at]


@kernel
def _read(
    data: Values, at: int, end: int, row: int, names: Values, ends: Integers, kinds: Integers,
    required: Booleans, states: Values, numbers: Integers, floats: Floats, sizes: Integers,
) -> bool:  # fmt: skip
    """Read one object; return whether it could be."""
    found = np.uint64(0)  # the columns that were there
    at = _after_spaces(data, at, end)
    if at >= end or data[at] != 123:
        return False
    at = _after_spaces(data, at + 1, end)
    column = -1
    more = not (at < end and data[at] == 125)
    while more:
        if at >= end or data[at] != 34:
            return False
        close = _end_of_text(data, at + 1, end)
        if close < 0:
            return False
        column = _column(data, at + 1, close, names, ends, column + 1)
        at = _after_spaces(data, close + 1, end)
        if at >= end or data[at] != 58:
            return False
        at = _after_spaces(data, at + 1, end)
        if column < 0:
            at = _after_value(data, at, end)
        else:
            bit = np.uint64(1) << np.uint64(column)
            if found & bit:
                return False
            found |= bit
            at = _read_value(data, at, end, row, column, kinds[column], states, numbers, floats, sizes)
        if at < 0:
            return False
        at = _after_spaces(data, at, end)
        more = at < end and data[at] == 44
        if more:
            at = _after_spaces(data, at + 1, end)
    if at >= end or data[at] != 125 or _after_spaces(data, at + 1, end) != end:
        return False
    for column in range(len(required)):
        if required[column] and not found >> np.uint64(column) & np.uint64(1):
            return False
    return True


@kernel
def _column(data: Values, at: int, end: int, names: Values, ends: Integers, first: int) -> int:
    """Return the column of a name, -1 where it is none; the one that is looked at first is mostly it."""
    column = first
    for _ in range(len(ends)):
        if column >= len(ends):
            column = 0
        begin = ends[column - 1] if column else 0
        if ends[column] - begin == end - at:
            k = 0
            while k < end - at and data[at + k] == names[begin + k]:
                k += 1
            if k == end - at:
                return column
        column += 1
    return -1


@kernel
def _read_value(
    data: Values, at: int, end: int, row: int, column: int, kind: int,
    states: Values, numbers: Integers, floats: Floats, sizes: Integers,
) -> int:  # fmt: skip
    """Read a value of a column; return the position after it, -1 where it is not read."""
    if _is(data, at, end, 110, 117, 108, 108):
        states[column, row] = NOTHING  # an object before may have said something
        return at + 4
    states[column, row] = VALUE
    if kind == BOOL:
        if _is(data, at, end, 116, 114, 117, 101):
            numbers[column, row] = 1
            return at + 4
        numbers[column, row] = 0
        return at + 5 if _is_false(data, at, end) else -1
    if kind in (STRING, TIMESTAMP):
        if at >= end or data[at] != 34:
            return -1
        close = _end_of_text(data, at + 1, end)
        if close < 0:
            return -1
        if kind == TIMESTAMP:
            numbers[column, row] = plain_time(data, at + 1, close)
            return close + 1 if numbers[column, row] != NO_TIME else -1
        numbers[column, row], sizes[column, row] = at + 1, close - at - 1
        return close + 1
    mantissa, exponent, whole, stop = _number(data, at, end)
    if stop < 0:
        return -1
    if kind == INT64:
        numbers[column, row] = mantissa
        return stop if whole and abs(mantissa) < _LARGE else -1
    if abs(mantissa) > _EXACT or abs(exponent) > 22:
        states[column, row] = DIGITS
        numbers[column, row], sizes[column, row] = at, stop - at
    elif exponent < 0:
        floats[column, row] = mantissa / _TENS[-exponent]
    else:
        floats[column, row] = mantissa * _TENS[exponent]
    return stop


@kernel
def _after_value(data: Values, at: int, end: int) -> int:
    """Return the position after a value that nobody reads; -1 where it is a list, an object, or doubtful."""
    if at >= end:
        return -1
    if data[at] == 34:
        close = _end_of_text(data, at + 1, end)
        return close + 1 if close >= 0 else -1
    if _is(data, at, end, 110, 117, 108, 108) or _is(data, at, end, 116, 114, 117, 101):
        return at + 4
    if _is_false(data, at, end):
        return at + 5
    return _number(data, at, end)[3]


@kernel
def _number(data: Values, at: int, end: int) -> tuple[int, int, bool, int]:
    """Return a number's digits, its power of ten, whether it is an integer, and the position after it or -1."""
    negative = at < end and data[at] == 45
    if negative:
        at += 1
    mantissa, exponent, first, whole = 0, 0, at, True
    while at < end and 48 <= data[at] <= 57 and mantissa < _LARGE:
        mantissa = 10 * mantissa + (int(data[at]) - 48)
        at += 1
    if at == first or (data[first] == 48 and at > first + 1):
        return 0, 0, False, -1
    if at < end and data[at] == 46:
        at, whole = at + 1, False
        first = at
        while at < end and 48 <= data[at] <= 57 and mantissa < _LARGE:
            mantissa = 10 * mantissa + (int(data[at]) - 48)
            exponent -= 1
            at += 1
        if at == first:
            return 0, 0, False, -1
    if at < end and (data[at] == 101 or data[at] == 69):
        at, whole = at + 1, False
        down = at < end and data[at] == 45
        if down or (at < end and data[at] == 43):
            at += 1
        power, first = 0, at
        while at < end and 48 <= data[at] <= 57 and power < _EXPONENT:
            power = 10 * power + (int(data[at]) - 48)
            at += 1
        if at == first:
            return 0, 0, False, -1
        exponent += -power if down else power
    # A digit that follows was one too many; minus zero is an integer to some and a float to others.
    if (at < end and 48 <= data[at] <= 57) or abs(exponent) > _EXPONENT or (negative and mantissa == 0):
        return 0, 0, False, -1
    return (-mantissa if negative else mantissa), exponent, whole, at


@kernel
def _after_spaces(data: Values, at: int, end: int) -> int:
    while at < end and (data[at] == 32 or data[at] == 10 or data[at] == 13 or data[at] == 9):
        at += 1
    return at


@kernel
def _end_of_text(data: Values, at: int, end: int) -> int:
    """Return where the quote is that ends a text, -1 where it has escapes, is no UTF-8, or does not end."""
    while at < end:
        byte = data[at]
        if byte == 34:
            return at
        if byte < 32 or byte == 92:
            return -1
        if byte < 128:
            at += 1
            continue
        size = 2 if 0xC2 <= byte <= 0xDF else 3 if 0xE0 <= byte <= 0xEF else 4 if 0xF0 <= byte <= 0xF4 else 0
        if size == 0 or at + size > end:
            return -1
        second = data[at + 1]
        low = 0xA0 if byte == 0xE0 else 0x90 if byte == 0xF0 else 0x80
        high = 0x9F if byte == 0xED else 0x8F if byte == 0xF4 else 0xBF
        if second < low or second > high:
            return -1
        for k in range(2, size):
            if data[at + k] < 0x80 or data[at + k] > 0xBF:
                return -1
        at += size
    return -1


@kernel
def _is(data: Values, at: int, end: int, a: int, b: int, c: int, d: int) -> bool:
    return at + 4 <= end and data[at] == a and data[at + 1] == b and data[at + 2] == c and data[at + 3] == d


@kernel
def _is_false(data: Values, at: int, end: int) -> bool:
    return _is(data, at, end, 102, 97, 108, 115) and at + 5 <= end and data[at + 4] == 101
