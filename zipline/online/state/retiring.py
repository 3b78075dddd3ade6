"""What goes from a document when its floor has risen: facts and tiles that no read will see any more."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from zipline.engines.kernels.arrays import Booleans
from zipline.online.state.boundaries import is_split, least_read, reach
from zipline.online.state.layout import APPLIED, FOREVER, KEPT, STUB
from zipline.online.state.records import Records
from zipline.online.state.resolution import bounds
from zipline.online.state.tiles import Tile, trimmed
from zipline.online.state.view_state import ViewState


def retired(state: ViewState, records: Records, floor: int) -> tuple[Records, Booleans]:
    """Return records, whose versions are resolved, and which of them some read at `floor` or later may need.

    A version that is not seen any more becomes a stub while one that is older may still come late: without it the
    older one would be seen for ever. Corrections come at most `corrections` after what they correct.
    """
    oldest = reach(state, floor)
    unseen = ~records.kept | records.stubs
    unseen |= (records.until < least_read(state, floor)) | (records.until <= records.known)
    if oldest is not None:
        unseen |= records.times < oldest
    if not state.has_ids:
        return records, ~unseen
    return _as_stubs(records, unseen), ~unseen | correctable(state, records, floor)


def correctable(state: ViewState, records: Records, floor: int) -> Booleans:
    """Return which records are of ids of which a version may still come that changes when they are seen."""
    limits = np.array(bounds(state), np.int64)[records.sources]
    ids = records.words[:, records.layout.id_word] != 0
    return np.asarray(ids & (least_read(state, floor) - records.known <= limits))


def retired_tile(state: ViewState, tile: Tile, floor: int) -> Tile | None:
    """Return what is left of a tile, None where nothing is."""
    limit = max(bounds(state))
    closed = not state.has_ids or least_read(state, floor) - tile.known > limit
    oldest = reach(state, floor)
    if closed and oldest is not None and tile.last < oldest:
        return None
    tile = trimmed(state, tile, floor)
    if state.has_ids:
        # Without prints, a fact so late that it may still concern the tile finds it by its knowledge time.
        return replace(tile, prints=tile.prints[:0]) if closed else tile
    if tile.segment is not None and not is_split(state, tile.first, tile.last, tile.known, floor):
        return replace(tile, segment=None)
    return tile


def with_applied(records: Records, where: Booleans) -> Records:
    """Return records of which, where said so, all tiles of the document know."""
    words = records.words.copy()
    words[where, 3] |= np.uint64(APPLIED)
    return Records(records.layout, words, records.heap)


def foldable(records: Records, floor: int) -> Booleans:
    """Return which records nothing will change but a late fact: past in both times, and none has replaced them."""
    past = (records.times < floor) & (records.known < floor)
    return np.asarray(past & (records.stubs | (records.until == FOREVER)))


def _as_stubs(records: Records, where: Booleans) -> Records:
    """Return records, some of them as stubs: without their columns."""
    layout = records.layout
    words = records.words.copy()
    low = np.uint64(0xFFFF)
    words[where, 3] = words[where, 3] & low & ~np.uint64(KEPT) | np.uint64(STUB)
    words[where, 4 : layout.id_word] = 0
    words[where, layout.id_word + 2 :] = 0
    return Records(layout, words, records.heap)
