"""How raw events become tiles: which of them lie together in one, and which tiles become one."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise, zip_longest

import numpy as np

from zipline.engines.kernels.arrays import Booleans, Integers
from zipline.online.state.boundaries import are_split, is_split, parted
from zipline.online.state.records import Records, joined, size_of
from zipline.online.state.tiles import Tile, bare_tile, made_tile, merged, touched
from zipline.online.state.view_state import ViewState

LATE = 8
"""The part of the fewest events of a tile that is taken into a tile in whose time they are."""


@dataclass(frozen=True)
class Policy:
    """How far documents are folded: what they cost to read, against what tiles cost.

    Attributes:
        raw_bytes: as many bytes of raw records stay as they are.
        tile_events: about how many events a tile with a segment has, if its records are not large.
        tile_bytes: about how many bytes of records such a tile has at most, if these are more than `fewest`.
        fewest: of how few events a tile is made.
        most_tiles: about how many tiles an entity with very many events has; they are larger then.
        partial_bytes: about how many bytes the partials of all these tiles have.
        hot_bytes: more raw records than this raise the document's own floor, as far as the clock allows.
        most_events: an entity has at most so many events that are kept one by one: more are an error when it is read.
    """

    raw_bytes: int = 16 * 1024
    tile_events: int = 512
    tile_bytes: int = 16 * 1024
    fewest: int = 64
    most_tiles: int = 40
    partial_bytes: int = 20 * 1024
    hot_bytes: int = 40 * 1024
    most_events: int = 1 << 20

    def size(self, state: ViewState) -> int:
        """Return about how many events a tile with a segment should have, if the entity has not very many."""
        return min(self.tile_events, max(self.tile_bytes // (8 * state.layout.width), self.fewest))

    def large(self, state: ViewState, tiles: Sequence[Tile], others: int) -> int:
        """Return about how many events it should have in a document with these tiles and other events.

        So many that tiles stay few, and small together: all of them are read whenever the entity is.
        """
        found = [tile for tile in tiles if tile.segment is not None]
        room = sum(sum(map(len, tile.partials)) for tile in found) // max(len(found), 1)
        most = max(min(self.most_tiles, self.partial_bytes // max(room, 1)), 4)
        return max(self.size(state), (kept(found) + others) // most)


POLICY = Policy()


def kept(tiles: Iterable[Tile]) -> int:
    """Return how many events the segments of tiles hold."""
    return sum(tile.count for tile in tiles if tile.segment is not None)


def in_order(tiles: Iterable[Tile]) -> list[Tile]:
    """Return the tiles with segments in the order of their times."""
    return sorted(
        (tile for tile in tiles if tile.segment is not None), key=lambda tile: (tile.first, tile.last)
    )


def belong(left: int, right: int, size: int) -> bool:
    """Return whether a tile and the next become one; of very different sizes they would be written again and again."""
    return left + right <= size and left <= 3 * right


def segments_to_read(
    state: ViewState, tiles: Sequence[Tile], raw: Records, floor: int, policy: Policy
) -> set[bytes]:
    """Return the names of the segments without which a document cannot be folded as it should.

    They are those of tiles that raw records concern, that take in late records, or that are small beside each other.
    """
    news = raw.take(raw.known < floor)
    names = {
        tile.segment for tile, changes in zip(tiles, touched(state, tiles, news), strict=True) if changes
    }
    if size_of(raw) > policy.raw_bytes:
        times = np.sort(raw.times)
        for tile in tiles:
            late = np.searchsorted(times, tile.last, side="right") - np.searchsorted(times, tile.first)
            if late * LATE >= policy.fewest:
                names.add(tile.segment)
        large = policy.large(state, tiles, len(raw))
        order = in_order(tiles)
        for left, right in zip_longest(order, order[1:]):
            # Beside the newest comes a new one.
            if belong(left.count, right.count if right else policy.size(state), large):
                names |= {left.segment, right.segment if right else None}
    return {name for name in names if name is not None}


@dataclass
class Folding:
    """Tiles while raw records are folded into them.

    Attributes:
        floor, lead, policy: as in `compacted`.
        tiles: so far.
        segments: records of those that were read and those that were made, by name.
        made: bytes of those that were made.
    """

    state: ViewState
    floor: int
    lead: int
    policy: Policy
    tiles: list[Tile]
    segments: dict[bytes, Records] = field(default_factory=dict)
    made: dict[bytes, bytes] = field(default_factory=dict)

    def fold(self, records: Records) -> Booleans:
        """Fold records that are in order of event time; return which were."""
        folded = np.zeros(len(records), np.bool_)
        if not self.state.has_ids:
            self._fold_for_good(records, folded)
        self._fold_late(records, folded)
        small = self.policy.size(self.state)
        large = self.policy.large(self.state, self.tiles, int(np.count_nonzero(~folded)))
        for size in (large, small) if large > small else (small,):
            self._fold_runs(records, folded, size)
        self._join_bare()
        self._join_small(large)
        return folded

    def add(self, records: Records) -> None:
        """Make a tile with a segment of records."""
        if len(records):
            tile, segment = made_tile(self.state, records)
            self.tiles.append(tile)
            assert tile.segment is not None
            self.segments[tile.segment] = records
            self.made[tile.segment] = segment

    def _fold_for_good(self, records: Records, folded: Booleans) -> None:
        """Fold runs that no boundary will ever part: large ones, and those that a tile without segment takes in."""
        if not len(records):
            return
        starts = np.flatnonzero(np.append(True, parted(self.state, records.times, records.known, self.floor)))
        stops = np.append(starts[1:], len(records))
        first, last = records.times[starts], records.times[stops - 1]
        known = np.maximum.reduceat(records.known, starts)
        takes = ~are_split(self.state, first, last, known, self.floor)
        for at, tile in enumerate(self.tiles):
            if tile.segment is None:
                ends = (
                    np.minimum(first, tile.first),
                    np.maximum(last, tile.last),
                    np.maximum(known, tile.known),
                )
                chosen = takes & ~are_split(self.state, *ends, self.floor)
                rows = np.repeat(chosen, stops - starts)
                if chosen.any():
                    self.tiles[at] = merged(self.state, tile, bare_tile(self.state, records.take(rows)))
                    folded |= rows
                    takes &= ~chosen
        for run in np.flatnonzero(takes & (stops - starts >= self.policy.fewest)).tolist():
            self.tiles.append(bare_tile(self.state, records.take(np.arange(starts[run], stops[run]))))
            folded[starts[run] : stops[run]] = True

    def _takes(self, tile: Tile, first: int, last: int, known: int) -> bool:
        if tile.segment is not None:
            return False
        ends = min(tile.first, first), max(tile.last, last), max(tile.known, known)
        return not is_split(self.state, *ends, self.floor)

    def _fold_late(self, records: Records, folded: Booleans) -> None:
        """Add records to the tiles in whose time they are, where there are some for one whose segment was read."""
        for tile in [each for each in self.tiles if each.segment in self.segments]:
            assert tile.segment is not None
            inside = ~folded & (records.times >= tile.first) & (records.times <= tile.last)
            if np.count_nonzero(inside) * LATE >= self.policy.fewest:
                self.tiles.remove(tile)
                self.add(joined(self.state.layout, [self.segments[tile.segment], records.take(inside)]))
                folded |= inside

    def _fold_runs(self, records: Records, folded: Booleans, size: int) -> None:
        """Fold what is newer than all tiles with segments, in pieces of the right size; the rest is not closed yet."""
        newest = max((tile.last for tile in self.tiles if tile.segment is not None), default=None)
        open_rows = ~folded if newest is None else ~folded & (records.times > newest)
        rows = np.flatnonzero(open_rows)
        for start, stop in _pieces(records.times[rows], size):
            chosen = rows[start:stop]
            first, last = int(records.times[chosen[0]]), int(records.times[chosen[-1]])
            known, soon = int(records.known[chosen].max()), self.floor + self.lead
            if not is_split(self.state, first, last, known, self.floor, soon):
                self.add(records.take(chosen))
                folded[chosen] = True

    def _join_bare(self) -> None:
        """Make one of tiles without segments that no boundary parts any more."""
        if self.state.has_ids:
            return
        bare = sorted(
            (tile for tile in self.tiles if tile.segment is None), key=lambda tile: (tile.first, tile.last)
        )
        result: list[Tile] = []
        for tile in bare:
            if result and self._takes(result[-1], tile.first, tile.last, tile.known):
                result[-1] = merged(self.state, result[-1], tile)
            else:
                result.append(tile)
        self.tiles = [*result, *(tile for tile in self.tiles if tile.segment is not None)]

    def _join_small(self, size: int) -> None:
        """Make one of neighbours whose segments were read and that are small together and beside each other."""
        for left, right in pairwise(in_order(self.tiles)):
            if not belong(left.count, right.count, size) or not any(tile is left for tile in self.tiles):
                continue
            parts = [self.segments.get(each.segment or b"") for each in (left, right)]
            ends = left.first, max(left.last, right.last), max(left.known, right.known)
            if None in parts or is_split(self.state, *ends, self.floor, self.floor + self.lead):
                continue
            self.tiles = [tile for tile in self.tiles if tile is not left and tile is not right]
            self.add(joined(self.state.layout, [part for part in parts if part is not None]))


def _pieces(times: Integers, size: int) -> list[tuple[int, int]]:
    """Return (start, stop) of pieces of at least `size` events, cut between different times."""
    found = []
    start = 0
    while len(times) - start >= size:
        stop = int(np.searchsorted(times, times[start + size - 1], side="right"))
        found.append((start, stop))
        start = stop
    return found
