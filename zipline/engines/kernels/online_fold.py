"""Fold online documents into values: one call gives all features of a view for many entities.

A group is a window and an input (a column, a `where`) that features share: what each of them needs comes of the same
records. Numbers that a feature's value is made of are words, as documents have them.
"""

from __future__ import annotations

import numpy as np

from zipline.engines.kernels.arrays import Integers, Values, Words
from zipline.engines.kernels.jit import kernel
from zipline.engines.kernels.online_blocks import EVENTS, EVENTS_HEAD, FLOOR, KEPT, STUB, damage
from zipline.engines.kernels.online_records import ends, extremes, inputs, seen
from zipline.engines.kernels.online_sums import float_sum, integer_sum
from zipline.engines.kernels.rounding import SIGN_BIT, round_two
from zipline.engines.kernels.wide import ALL_ONES, ZERO, bits_to_float, float_to_bits

FOLDED, GENERAL, DAMAGED = 0, 1, 2
"""What became of a document: its values are there; the general fold must be asked; it cannot be decoded."""

EMPTY, PRESENT, OVERFLOWN = 0, 1, 2
"""What became of a value: no input is left; it is there; its total is beyond int64."""

COUNT, SUM, MEAN, LEAST, GREATEST, FIRST, LAST, SINCE_FIRST, SINCE_LAST = range(9)
"""What a feature is of its group."""

SUMMED, COMPARED, ORDERED = 7, 8, 9
"""What a program says of a group, too: whether some feature is a sum, an extreme, one of its ends."""

SIZE, LOW, HIGH, MINIMUM, MAXIMUM, OLDEST, NEWEST = range(7)
"""A tally of a group's inputs: how many; their sum, a float or an integer of two words; extremes; records."""


@kernel
def fold(
    words: Words, starts: Integers, shape: Integers, bounds: Integers, groups: Integers, features: Integers,
    found: Values, became: Values, values: Words, states: Values,
) -> None:  # fmt: skip
    """Fold documents.

    Args:
        words: of all documents, one after another.
        starts: where each begins, and where the last ends.
        shape: the words of a record; the upper 24 bits of a block's first word.
        bounds: (windows + 1, 4), see `online_records`: the longest window first, at the end their hull.
        groups: (groups, 10), see `online_records`, in the order of windows.
        features: (features, 2): group and what to compute, in the order of groups.
        found: set to whether a document has an event in the longest window.
        became: set to what became of each document.
        values, states: (documents, features), set to the values and to what became of them.
    """
    hull = bounds[len(bounds) - 1]
    records = np.empty(len(words) // shape[0] + 1, np.int64)
    space = np.empty((2, len(records)), np.int64)
    for row in range(len(starts) - 1):
        became[row], count = _records(words, starts[row], starts[row + 1], shape, hull, records)
        if became[row] == FOLDED:
            found[row] = seen(words, records, count, bounds[0], hull, space[0]) > 0
            _fold_row(words, records, count, bounds, groups, features, space, values[row], states[row])


@kernel
def _records(
    words: Words, start: int, stop: int, shape: Integers, hull: Integers, records: Integers
) -> tuple[int, int]:
    """Return what becomes of a document, and how many records of it were listed: those that windows may see."""
    if damage(words, start, stop, np.uint64(shape[1])) >= 0:
        return DAMAGED, 0
    lower, upper, known_before, seen_until = hull[0], hull[1], hull[2], hull[3]
    width, count, at = shape[0], 0, start
    while at < stop:
        length = int(np.int64(words[at] & np.uint64(0xFFFFFFFF)) >> 3)
        kind = (words[at] >> np.uint64(32)) & np.uint64(0xFF)
        if kind == EVENTS:
            size = np.int64(words[at + 2])
            if size < 0 or size > (length - EVENTS_HEAD) // width:
                return DAMAGED, 0
            for i in range(size):
                record = at + EVENTS_HEAD + i * width
                time, known = np.int64(words[record]), np.int64(words[record + 1])
                inside = (time >= lower) & (time < upper) & (known < known_before)
                inside &= np.int64(words[record + 2]) >= seen_until
                records[count] = record
                count += inside & (words[record + 3] & np.uint64(KEPT | STUB) == np.uint64(KEPT))
        elif kind != FLOOR or words[at + 3] != ZERO:
            return GENERAL, 0
        at += length
    return FOLDED, count


@kernel
def _fold_row(
    words: Words, records: Integers, count: int, bounds: Integers, groups: Integers, features: Integers,
    space: Integers, values: Words, states: Values,
) -> None:  # fmt: skip
    """Set the values of a document."""
    hull, visible, chosen = bounds[len(bounds) - 1], space[0], space[1]
    tally = np.empty(7, np.uint64)
    window, size, feature = -1, 0, 0
    for number in range(len(groups)):
        group = groups[number]
        if group[0] != window:
            window = group[0]
            size = seen(words, records, count, bounds[window], hull, visible)
        _tally(words, chosen, inputs(words, visible, size, group, chosen), group, tally)
        while feature < len(features) and features[feature, 0] == number:
            states[feature], values[feature] = _value(
                words, tally, group, features[feature, 1], bounds[window, 2]
            )
            feature += 1


@kernel
def _tally(words: Words, records: Integers, count: int, group: Integers, tally: Words) -> None:
    """Set what a group's features are made of."""
    tally[SIZE] = np.uint64(count)
    if count == 0:
        return
    column, floats = group[1], group[2] != 0
    if group[SUMMED] and floats:
        tally[LOW] = float_to_bits(float_sum(words, records, count, column))
    elif group[SUMMED]:
        tally[LOW], tally[HIGH] = integer_sum(words, records, count, column)
    if group[COMPARED]:
        tally[MINIMUM], tally[MAXIMUM] = extremes(words, records, count, column, floats)
    if group[ORDERED]:
        oldest, newest = ends(words, records, count, column, floats)
        tally[OLDEST], tally[NEWEST] = np.uint64(oldest), np.uint64(newest)


@kernel
def _value(words: Words, tally: Words, group: Integers, what: int, now: int) -> tuple[int, np.uint64]:
    """Return what became of a feature's value, and the value."""
    if tally[SIZE] == ZERO:
        return EMPTY, ZERO
    if what == COUNT:
        return PRESENT, tally[SIZE]
    if what in (SUM, MEAN):
        return _total(tally, group[2] != 0, what == MEAN)
    if what in (LEAST, GREATEST):
        return PRESENT, tally[MINIMUM if what == LEAST else MAXIMUM]
    record = tally[OLDEST if what in (FIRST, SINCE_FIRST) else NEWEST]
    if what in (FIRST, LAST):
        return PRESENT, words[np.int64(record) + group[1]]
    return PRESENT, float_to_bits(float(now - np.int64(words[record])) / 1e6)


@kernel
def _total(tally: Words, floats: bool, mean: bool) -> tuple[int, np.uint64]:
    """Return the sum, or the mean, that a tally has."""
    low, high = tally[LOW], tally[HIGH]
    if not floats and not mean:
        fits = high == (ALL_ONES if low >= SIGN_BIT else ZERO)
        return (PRESENT if fits else OVERFLOWN), low
    total = bits_to_float(low) if floats else round_two(low, high, 0)
    result = total / float(tally[SIZE]) if mean else total
    return PRESENT, float_to_bits(np.nan if result != result else result + 0.0)
