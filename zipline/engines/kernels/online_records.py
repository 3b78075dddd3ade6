"""Records of online documents, as kernels read them: which are seen through a window, and what they say.

A document is words of 8 bytes; `zipline/online/state/layout.py` says what each is. A record is told by the position of
its first word.
"""

from __future__ import annotations

import numpy as np

from zipline.engines.kernels.arrays import Integers, Words
from zipline.engines.kernels.jit import kernel
from zipline.engines.kernels.wide import ONE, ZERO

WINDOW, COLUMN, FLOATS, NULL_WORD, NULL_SHIFT, MASK_WORD, MASK_SHIFT = range(7)
"""What a program says of a group: its window, its column's word, whether that holds floats; and where a record's flags
say that it is null, and that `where` is true: a word and a shift, the word -1 where nothing is asked."""

LOWER, UPPER, KNOWN_BEFORE, SEEN_UNTIL = range(4)
"""A window's bounds: of event time, half open; and the moments before which an event must be known, and until which it
must be seen, one and the same of one window, in microseconds."""

MAGNITUDE = np.int64(np.iinfo(np.int64).max)


@kernel
def seen(words: Words, records: Integers, count: int, bounds: Integers, hull: Integers, out: Integers) -> int:
    """List the records whose events are visible in a window; return how many.

    Args:
        words: of documents.
        records, count: a list of the records that are visible in the hull, and how many there are.
        bounds: of the window.
        hull: bounds that hold those of all windows.
        out: set to the list.
    """
    lower, upper, now = bounds[0], bounds[1], bounds[2]
    size = 0
    if upper == hull[1] and now == hull[2] == hull[3]:
        for i in range(count):
            out[size] = records[i]
            size += np.int64(words[records[i]]) >= lower
        return size
    for i in range(count):
        record = records[i]
        time, known, until = np.int64(words[record]), np.int64(words[record + 1]), np.int64(words[record + 2])
        out[size] = record
        size += (time >= lower) & (time < upper) & (known < now) & (until >= now)
    return size


@kernel
def inputs(words: Words, records: Integers, count: int, group: Integers, out: Integers) -> int:
    """List the records that are inputs of a group: kept by its `where`, and not null; return how many.

    Args:
        words: of documents.
        records, count: a list of those that are seen in the group's window.
        group: of a program.
        out: set to the list.
    """
    null, null_shift = group[3], np.uint64(group[4])
    mask, mask_shift = group[5], np.uint64(group[6])
    size = 0
    for i in range(count):
        record = records[i]
        if mask >= 0 and (words[record + mask] >> mask_shift) & ONE == ZERO:
            continue
        if null >= 0 and (words[record + null] >> null_shift) & ONE != ZERO:
            continue
        out[size] = record
        size += 1
    return size


@kernel
def order_key(word: np.uint64, floats: bool) -> int:
    """Return a value's word as an integer that compares as the value does; floats are canonical."""
    key = np.int64(word)
    return int(key ^ MAGNITUDE) if floats and key < 0 else int(key)


@kernel
def extremes(
    words: Words, records: Integers, count: int, column: int, floats: bool
) -> tuple[np.uint64, np.uint64]:
    """Return the least and the greatest value of a column over records, of which there is one at least."""
    least = greatest = order_key(words[records[0] + column], floats)
    for i in range(1, count):
        key = order_key(words[records[i] + column], floats)
        least, greatest = min(least, key), max(greatest, key)
    return _word(least, floats), _word(greatest, floats)


@kernel
def _word(key: int, floats: bool) -> np.uint64:
    """Return the value that `order_key` was given."""
    return np.uint64(key ^ MAGNITUDE if floats and key < 0 else key)


@kernel
def ends(words: Words, records: Integers, count: int, column: int, floats: bool) -> tuple[int, int]:
    """Return the first and the last record in the order of event time, knowledge time and value."""
    first = last = records[0]
    for i in range(1, count):
        record = records[i]
        if _is_before(words, record, first, column, floats):
            first = record
        if _is_before(words, last, record, column, floats):
            last = record
    return int(first), int(last)


@kernel
def _is_before(words: Words, one: int, other: int, column: int, floats: bool) -> bool:
    for at in range(2):
        if words[one + at] != words[other + at]:
            return bool(np.int64(words[one + at]) < np.int64(words[other + at]))
    if column < 0:
        return False
    return order_key(words[one + column], floats) < order_key(words[other + column], floats)
