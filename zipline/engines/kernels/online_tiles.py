"""Tiles of online documents: what a window holds of them, and their partials added to a tally.

`zipline/online/state/layout.py` says what a tile is, `partial_numbers.py` what its partials are.
"""

from __future__ import annotations

import numpy as np

from zipline.engines.kernels.arrays import Integers, Words
from zipline.engines.kernels.jit import kernel
from zipline.engines.kernels.online_blocks import TILE_HEAD
from zipline.engines.kernels.online_records import order_key
from zipline.engines.kernels.online_sums import (
    LIMBS,
    add_floats,
    add_limbs,
    add_word,
    rounded,
)
from zipline.engines.kernels.online_tally import (
    COUNT,
    EXACT,
    FIRST,
    GREATEST,
    HIGH,
    LAST,
    LEAST,
    LOW,
    MAXIMUM,
    MEAN,
    MINIMUM,
    NEWEST,
    OLDEST,
    SINCE_FIRST,
    SIZE,
    SUM,
    is_before,
)
from zipline.engines.kernels.wide import ONE, ZERO, float_to_bits

EVENTS_IN, EARLIEST, LATEST, KNOWN = 2, 3, 4, 6
"""Words of a tile: how many events, the least and the greatest event time, the greatest knowledge time."""
CROSSED = -1
OUTSIDE, WITHIN, PARTED = 0, 1, 2
"""How a tile lies to a window: nothing of it, all of it, or a part of it is seen."""


@kernel
def lies(words: Words, tile: int, bounds: Integers) -> int:
    """Return how a tile lies to a window."""
    first, last = np.int64(words[tile + EARLIEST]), np.int64(words[tile + LATEST])
    if last < bounds[0] or first >= bounds[1]:
        return OUTSIDE
    whole = first >= bounds[0] and last < bounds[1] and np.int64(words[tile + KNOWN]) < bounds[2]
    return WITHIN if whole else PARTED


@kernel
def held(words: Words, tiles: Integers, count: int, bounds: Integers, out: Integers) -> int:
    """List the tiles that lie in a window; return how many, or `CROSSED` where the window holds a part of one."""
    size = 0
    for i in range(count):
        found = lies(words, tiles[i], bounds)
        if found == PARTED:
            return CROSSED
        out[size] = tiles[i]
        size += int(found == WITHIN)
    return size


@kernel
def has_events(words: Words, tiles: Integers, count: int) -> bool:
    """Return whether some tile has an event."""
    size = ZERO
    for i in range(count):
        size += words[tiles[i] + EVENTS_IN]
    return bool(size != ZERO)


@kernel
def merge(
    words: Words, tiles: Integers, count: int, records: Integers, group: Integers, what: int, number: int,
    wide: Words, tally: Words,
) -> None:  # fmt: skip
    """Add what tiles hold for one feature to the tally of its group's records.

    Args:
        tiles, count: those that the group's window holds.
        records: as many as the tally counts.
        what, number: what the feature computes, and which of a tile's partials is its own.
        wide: room for a wide total.
    """
    floats = group[2] != 0
    if floats and what in (SUM, MEAN):
        _merge_floats(words, tiles, count, records, group[1], number, wide, tally)
        return
    for i in range(count):
        directory = words[tiles[i] + TILE_HEAD + number]
        if directory >> np.uint64(32) == ZERO:
            continue
        at = tiles[i] + np.int64(directory & np.uint64(0xFFFFFFFF))
        if what == COUNT:
            tally[SIZE] += words[at]
        elif what in (SUM, MEAN):
            _merge_integer(words, at, tally)
        elif what in (LEAST, GREATEST):
            _merge_extreme(words, at, floats, tally)
        else:
            _merge_end(words, at, what, floats, tally)


@kernel
def _merge_integer(words: Words, at: int, tally: Words) -> None:
    if tally[SIZE] == ZERO:
        tally[LOW], tally[HIGH] = ZERO, ZERO
    tally[SIZE] += words[at]
    low, high = tally[LOW] + words[at + 1], tally[HIGH] + words[at + 2]
    tally[LOW], tally[HIGH] = low, high + (ONE if low < words[at + 1] else ZERO)


@kernel
def _merge_floats(
    words: Words, tiles: Integers, count: int, records: Integers, column: int, number: int, total: Words, tally: Words
) -> None:  # fmt: skip
    """Add totals of floats to a tally, all in a wide one that is rounded once."""
    room, special = np.empty(1, np.uint64), 0.0
    for i in range(LIMBS):
        total[i] = ZERO
    size = int(np.int64(tally[SIZE]))
    if size > 0 and tally[EXACT] == ONE:
        special += add_word(tally[LOW], room, total) + add_word(tally[HIGH], room, total)
    elif size > 0:
        special += add_floats(words, records, size, column, total)
    for i in range(count):
        directory = words[tiles[i] + TILE_HEAD + number]
        length = int(np.int64(directory >> np.uint64(35)))
        at = int(tiles[i] + np.int64(directory & np.uint64(0xFFFFFFFF)))
        if length > 0:
            tally[SIZE] += words[at]
            special += _special(words, at)
            add_limbs(words, at + 5, length - 5, int(np.int64(words[at + 4])), total)
    tally[LOW], tally[HIGH] = float_to_bits(rounded(total, special)), ZERO


@kernel
def _special(words: Words, at: int) -> float:
    """Return the sum of the infinities and NaN of a partial, else 0.0."""
    special = np.nan if words[at + 1] != ZERO else 0.0
    special += np.inf if words[at + 2] != ZERO else 0.0
    return special - (np.inf if words[at + 3] != ZERO else 0.0)


@kernel
def _merge_extreme(words: Words, at: int, floats: bool, tally: Words) -> None:
    key = order_key(words[at], floats)
    if tally[SIZE] == ZERO or key < order_key(tally[MINIMUM], floats):
        tally[MINIMUM] = words[at]
    if tally[SIZE] == ZERO or key > order_key(tally[MAXIMUM], floats):
        tally[MAXIMUM] = words[at]
    tally[SIZE] += ONE


@kernel
def _merge_end(words: Words, at: int, what: int, floats: bool, tally: Words) -> None:
    """Put an end in a tally's place if it is further out; the time since one is of its event time alone."""
    end = np.zeros(3, np.uint64)
    end[0] = words[at]
    if what in (FIRST, LAST):
        end[1], end[2] = words[at + 1], words[at + 3]
    first = what in (FIRST, SINCE_FIRST)
    place = OLDEST if first else NEWEST
    if tally[SIZE] == ZERO or (
        is_before(end, 0, tally, place, floats) if first else is_before(tally, place, end, 0, floats)
    ):
        for i in range(3):
            tally[place + i] = end[i]
    tally[SIZE] += ONE
