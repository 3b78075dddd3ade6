"""What a document holds for reads, and what windows hold of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from zipline.online.state.fold_questions import Bounds
from zipline.online.state.opened import opened, segment_records
from zipline.online.state.packing import pack_all
from zipline.online.state.records import Records, joined
from zipline.online.state.resolution import resolved
from zipline.online.state.tiles import Tile, encode_tile, touched
from zipline.online.state.view_state import ViewState


@dataclass(frozen=True)
class Content:
    """One document.

    Attributes:
        events: those that some read may see and that are in no tile, or in one whose segment is given.
        tiles: the others, each with whether something of it has changed since: then its segment is needed.
        lost: the greatest event time of events that were dropped, as there were too many; None: none were.
    """

    events: Records
    tiles: Sequence[tuple[Tile, bool]]
    lost: int | None

    def to_bytes(self, state: ViewState) -> bytes:
        """Return a document with the same content, in which no versions are to be told apart."""
        return b"".join(encode_tile(state, tile) for tile, _ in self.tiles) + pack_all(self.events)


def content(state: ViewState, document: bytes, segments: Mapping[bytes, bytes]) -> Content:
    """Return what a document holds.

    Args:
        state: of the view.
        document: its bytes.
        segments: name -> bytes, of tiles whose events are wanted one by one.

    Raises:
        OnlineError: bytes cannot be decoded.
    """
    found = opened(state, document)
    changed = touched(state, found.tiles, found.raw)
    left = [
        (tile, is_changed)
        for tile, is_changed in zip(found.tiles, changed, strict=True)
        if tile.segment not in segments
    ]
    given = {tile.segment for tile in found.tiles}
    parts = [segment_records(state, data) for name, data in segments.items() if name in given]
    records = resolved(state, joined(state.layout, [*parts, found.raw]))
    return Content(records.take(records.kept & ~records.stubs), left, found.lost)


@dataclass(frozen=True)
class Seen:
    """What a window holds of a document.

    Attributes:
        events: those that are not in tiles.
        tiles: those that lie inside.
        crossed: tiles that the window's ends, or what is known, cut: their events are needed one by one.
    """

    events: Records
    tiles: Sequence[Tile]
    crossed: Sequence[Tile]

    @property
    def any(self) -> bool:
        """Whether it holds an event for sure."""
        return bool(len(self.events) or any(tile.count for tile in self.tiles))


def seen(held: Content, bounds: Bounds) -> Seen:
    """Return what a window holds of a document."""
    events = held.events
    inside = (events.times >= bounds.lower) & (events.times < bounds.upper)
    inside &= (events.known < bounds.now) & (events.until >= bounds.now)
    whole: list[Tile] = []
    crossed: list[Tile] = []
    for tile, is_changed in held.tiles:
        if tile.last >= bounds.lower and tile.first < bounds.upper:
            ends = tile.first >= bounds.lower and tile.last < bounds.upper
            is_whole = ends and tile.known < bounds.now and not is_changed
            (whole if is_whole else crossed).append(tile)
    return Seen(events.take(inside), whole, crossed)
