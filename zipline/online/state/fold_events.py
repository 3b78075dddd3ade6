"""What a document holds for reads: events one by one, and tiles that are as they were folded."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from zipline.online.state.opened import opened, segment_records
from zipline.online.state.records import Records, joined
from zipline.online.state.resolution import resolved
from zipline.online.state.tiles import Tile, touched
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
