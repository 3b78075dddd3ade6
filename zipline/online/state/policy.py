"""How far documents are folded: how many records stay raw, how large tiles are, and which are divided anew."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from zipline.online.state.boundaries import is_split
from zipline.online.state.tiles import Tile
from zipline.online.state.view_state import ViewState

DIVIDED = 8
"""Into how many tiles events are cut that are too many to stay raw, though a boundary passes them soon."""


def kept(tiles: Iterable[Tile]) -> int:
    """Return how many events the segments of tiles hold."""
    return sum(tile.count for tile in tiles if tile.segment is not None)


@dataclass(frozen=True)
class Soon:
    """The times of the reads that come next, microseconds: what a boundary parts in them is kept small or raw.

    Attributes:
        start, end: from when, and up to when.
    """

    start: int
    end: int


def soon(floor: int, lead: int, ceiling: int | None) -> Soon:
    """Return the times of the reads that come next: the floor is behind the clock, from where most are asked."""
    end = floor + lead
    return Soon(min(max(floor, ceiling or floor), end), end)


@dataclass(frozen=True)
class Policy:
    """How far documents are folded: what they cost to read, against what tiles cost.

    Attributes:
        raw_bytes: as many bytes of raw records stay as they are.
        parted_bytes: as many bytes of records that a boundary passes soon stay as they are.
        tile_events: about how many events a tile with a segment has, if its records are not large.
        tile_bytes: about how many bytes of records such a tile has at most, if these are more than `fewest`.
        fewest: of how few events a tile is made.
        most_tiles: about how many tiles an entity with very many events has; they are larger then.
        partial_bytes: about how many bytes the partials of all these tiles have.
        hot_bytes: more raw records than this raise the document's own floor, as far as the clock allows.
        most_events: an entity has at most so many events that are kept one by one: more are an error when it is read.
    """

    raw_bytes: int = 4 * 1024
    parted_bytes: int = 24 * 1024
    tile_events: int = 512
    tile_bytes: int = 2560
    fewest: int = 64
    most_tiles: int = 16
    partial_bytes: int = 8 * 1024
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

    def reopened(self, state: ViewState, tiles: Sequence[Tile], others: int, soon: Soon) -> list[Tile]:
        """Return the tiles that are divided anew, as a boundary passes them soon and each read would need a segment.

        Where it passes too many events, small tiles that it passes as a whole stay: they would be divided into such.
        """
        if state.has_ids or soon.start >= soon.end:
            return []
        passed = [
            tile
            for tile in tiles
            if tile.segment is not None
            and is_split(state, tile.first, tile.last, tile.known, soon.start, soon.end)
        ]
        most = max(2 * self.size(state), self.large(state, tiles, others) // DIVIDED)
        small = [
            tile for tile in passed if tile.count <= most and tile.last - tile.first <= soon.end - soon.start
        ]
        if 8 * state.layout.width * kept(small) <= self.parted_bytes:
            return passed
        return [tile for tile in passed if not any(tile is each for each in small)]


POLICY = Policy()
OF_IDS = Policy(raw_bytes=16 * 1024, tile_bytes=16 * 1024, most_tiles=40, partial_bytes=20 * 1024)
"""Records with ids stay raw for longer: among tiles their versions must be told apart, which takes readers long."""


def policy_of(state: ViewState) -> Policy:
    """Return how far a view's documents are folded, unless something else is said."""
    return OF_IDS if state.has_ids else POLICY
