"""Fold online documents into values: one call gives all features of a view for many entities.

A group is a window and an input (a column, a `where`) that features share: what each of them needs comes of the same
records. Values are words, as documents have them.
"""

from __future__ import annotations

import numpy as np

from zipline.engines.kernels.arrays import Integers, Words
from zipline.engines.kernels.jit import kernel
from zipline.engines.kernels.limbs import copy
from zipline.engines.kernels.online_blocks import (
    EVENTS,
    EVENTS_HEAD,
    FLOOR,
    KEPT,
    STUB,
    TILE,
    TILE_HEAD,
    damage,
)
from zipline.engines.kernels.online_ids import are_distinct
from zipline.engines.kernels.online_records import inputs, seen
from zipline.engines.kernels.online_sums import LIMBS
from zipline.engines.kernels.online_tally import MEAN, OVERFLOWN, SUM, TALLY, fill, value
from zipline.engines.kernels.online_tiles import (
    CROSSED,
    EARLIEST,
    LATEST,
    PARTED,
    has_events,
    held,
    lies,
    merge,
)
from zipline.engines.kernels.wide import ONE, ZERO

FOLDED, GENERAL, IN_PARTS = 0, 1, 2
"""What becomes of a document: its values are there; or the general fold must be asked, as also where it is damaged; or
records of tiles are needed, of which a window sees a part (`parted`)."""

BECAME, FOUND, VALUES = 0, 1, 2
"""Words of an answer: what became of the document, whether it has an event in the longest window, then values, and then
what became of each."""

ALWAYS = np.iinfo(np.int64).min
"""The lower end of a window without one."""


@kernel
def fold(
    words: Words, sizes: Integers, shape: Integers, windows: Integers, groups: Integers, features: Integers, t: int,
    answers: Words,
) -> int:  # fmt: skip
    """Fold documents; return how many of them, and of their values, the general fold must be asked for.

    Args:
        words: of all documents, one after another.
        sizes: of each document, in bytes.
        shape: the words of a record; the upper 24 bits of a block's first word; the word of its id, 0 where records
            have none, or none whose versions are still to be told apart.
        windows: (windows, 4), the longest first: length (-1 without a lower end), offset, hop, align, in microseconds.
        groups: (groups, 10), see `online_records` and `online_tally`; in the order of windows.
        features: (features, 3): group, what to compute, number of the partial; in the order of groups.
        t: the time of the read, microseconds.
        answers: (documents, 2 + 2 * features), set to the answers.
    """
    bounds = _bounds(windows, t)
    largest = np.int64(0)
    for size in sizes:
        largest = max(largest, size >> 3)
    places = np.empty((3, largest // shape[0] + 1), np.int64)
    tiles = np.empty((2, largest // TILE_HEAD + 1), np.int64)
    left = start = 0
    for row in range(len(sizes)):
        stop = start + int(sizes[row] >> 3)
        answer = answers[row]
        answer[BECAME] = np.uint64(GENERAL)
        if sizes[row] & 7 == 0 and damage(words, start, stop, np.uint64(shape[1])) < 0:
            records, count = _list(words, start, stop, shape, bounds[len(windows)], places[0], tiles[0])
            if count >= 0 and (shape[2] == 0 or are_distinct(words, start, stop, shape[0], shape[2])):
                left += _fold_row(words, records, count, bounds, groups, features, places, tiles, answer)
        left += int(answer[BECAME] != FOLDED)
        start = stop
    return int(left)


@kernel
def parted(words: Words, shape: Integers, windows: Integers, groups: Integers, t: int, out: Integers) -> int:
    """List the tiles of a document of which some window sees a part; return how many.

    Args:
        words: of the document, which `fold` has found to be `IN_PARTS`.
        shape, windows, groups, t: as of `fold`.
        out: set to the list, of the words at which they begin.
    """
    bounds = _bounds(windows, t)
    records = np.empty(len(words) // shape[0] + 1, np.int64)
    tiles = np.empty(len(words) // TILE_HEAD + 1, np.int64)
    count, listed = _list(words, 0, len(words), shape, bounds[len(windows)], records, tiles)
    unsure = seen(words, records, count, bounds[0], bounds[len(windows)], np.empty_like(records)) == 0
    size = 0
    for i in range(listed):
        found = unsure and lies(words, tiles[i], bounds[0]) == PARTED
        for group in range(len(groups)):
            found = found or lies(words, tiles[i], bounds[groups[group, 0]]) == PARTED
        out[size] = tiles[i]
        size += int(found)
    return size


@kernel
def _bounds(windows: Integers, t: int) -> Integers:
    """Return the bounds of every window, see `online_records`, and last those that hold them all."""
    size = len(windows)
    bounds = np.empty((size + 1, 4), np.int64)
    hull = bounds[size]
    for i in range(size):
        length, offset, hop, align = windows[i, 0], windows[i, 1], windows[i, 2], windows[i, 3]
        now = t - t % align if align > 0 else t
        upper = now - offset
        lower = upper - length
        if hop > 0:
            lower -= lower % hop
            upper -= upper % hop if offset > 0 else 0
        if length < 0:
            lower = ALWAYS
        bounds[i, 0], bounds[i, 1], bounds[i, 2], bounds[i, 3] = lower, upper, now, now
        first = i == 0
        hull[0], hull[1] = lower if first else min(hull[0], lower), upper if first else max(hull[1], upper)
        hull[2], hull[3] = now if first else max(hull[2], now), now if first else min(hull[3], now)
    return bounds


@kernel
def _list(
    words: Words, start: int, stop: int, shape: Integers, hull: Integers, records: Integers, tiles: Integers
) -> tuple[int, int]:
    """List the records and the tiles that windows may hold; return how many of each, -1 tiles where this cannot be."""
    count, size, at = 0, 0, start
    while at < stop:
        length = int(np.int64(words[at] & np.uint64(0xFFFFFFFF)) >> 3)
        kind = (words[at] >> np.uint64(32)) & np.uint64(0xFF)
        if kind == EVENTS:
            events = int(np.int64(words[at + 2]))
            if events < 0 or events > (length - EVENTS_HEAD) // shape[0]:
                return 0, -1
            count = _list_records(words, at + EVENTS_HEAD, events, shape[0], hull, records, count)
        elif kind == TILE and shape[2] == 0 and length > TILE_HEAD:
            tiles[size] = at
            size += np.int64(words[at + LATEST]) >= hull[0] and np.int64(words[at + EARLIEST]) < hull[1]
        elif kind != FLOOR or words[at + 3] != ZERO:
            return 0, -1
        at += length
    return count, size


@kernel
def _list_records(
    words: Words, start: int, events: int, width: int, hull: Integers, records: Integers, count: int
) -> int:
    """Add to a list the records of a block that windows may hold; return how long it is then."""
    lower, upper, known_before, seen_until = hull[0], hull[1], hull[2], hull[3]
    for i in range(events):
        record = start + i * width
        time, known = np.int64(words[record]), np.int64(words[record + 1])
        inside = (time >= lower) & (time < upper) & (known < known_before)
        inside &= np.int64(words[record + 2]) >= seen_until
        records[count] = record
        count += inside & (words[record + 3] & np.uint64(KEPT | STUB) == np.uint64(KEPT))
    return count


@kernel
def _fold_row(
    words: Words, records: int, tiles: int, bounds: Integers, groups: Integers, features: Integers, places: Integers,
    tile_places: Integers, answer: Words,
) -> int:  # fmt: skip
    """Set a document's answer; return how many values are overflown."""
    hull, every, visible, chosen = bounds[len(bounds) - 1], places[0], places[1], places[2]
    every_tile, inside = tile_places[0], tile_places[1]
    tally, merged, total = np.empty(TALLY, np.uint64), np.empty(TALLY, np.uint64), np.empty(TALLY, np.uint64)
    wide = np.empty(LIMBS, np.uint64)
    size = seen(words, every, records, bounds[0], hull, visible)
    whole = held(words, every_tile, tiles, bounds[0], inside)
    answer[FOUND] = ONE if size > 0 or has_events(words, inside, whole) else ZERO
    answer[BECAME] = np.uint64(IN_PARTS)
    if whole == CROSSED and size == 0:
        return 0
    window, feature, overflown = -1, 0, 0
    for number in range(len(groups)):
        group = groups[number]
        if group[0] != window:
            window = group[0]
            size = seen(words, every, records, bounds[window], hull, visible)
            whole = held(words, every_tile, tiles, bounds[window], inside)
        if whole == CROSSED:
            return 0
        fill(words, chosen, inputs(words, visible, size, group, chosen), group, tally)
        summed = False
        while feature < len(features) and features[feature, 0] == number:
            what, found = features[feature, 1], tally
            if whole > 0:
                sums = what in (SUM, MEAN)  # both are made of one total
                found = total if sums else merged
                if not (sums and summed):
                    copy(tally, found)
                    merge(words, inside, whole, chosen, group, what, features[feature, 2], wide, found)
                summed = summed or sums
            state, word = value(found, group, what, bounds[window, 2])
            answer[VALUES + feature], answer[VALUES + len(features) + feature] = word, np.uint64(state)
            overflown += state == OVERFLOWN
            feature += 1
    answer[BECAME] = np.uint64(FOLDED)
    return overflown
