"""A document taken apart: its floor, its tiles and its raw records; and put together again."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from zipline.online.state.layout import EVENTS, FLOOR, OVERFLOW, blocks, words_of
from zipline.online.state.packing import block_bytes, pack_all
from zipline.online.state.records import Records, joined, records_of
from zipline.online.state.tiles import Tile, encode_tile, tile_of
from zipline.online.state.view_state import ViewState

NEVER = -(2**63)


@dataclass(frozen=True)
class Opened:
    """What a document says.

    Attributes:
        floor: no read before it will be asked for; `NEVER` where the document says none.
        lost: the greatest event time of events that were dropped, as the entity has too many; None: none were.
        tiles: in the order of the document.
        raw: records that are in no tile.
    """

    floor: int
    lost: int | None
    tiles: tuple[Tile, ...]
    raw: Records

    def to_bytes(self, state: ViewState) -> bytes:
        """Return the document; nothing where it has no tile, no record and no overflow."""
        if not self.tiles and not len(self.raw) and self.lost is None:
            return b""
        return (
            self.head(state) + b"".join(encode_tile(state, tile) for tile in self.tiles) + pack_all(self.raw)
        )

    def head(self, state: ViewState) -> bytes:
        """Return the block that says the floor and whether events were dropped."""
        lost = self.lost is not None
        words = np.array([self.floor, OVERFLOW if lost else 0, self.lost or 0], np.int64)
        return block_bytes(state.layout, FLOOR, words.view(np.uint64))


def title(state: ViewState) -> str:
    """Return how messages call a document."""
    return f"view {state.title}: the state of an entity"


def opened(state: ViewState, document: bytes) -> Opened:
    """Take a document apart.

    Raises:
        OnlineError: it is cut or damaged, or of another view.
    """
    what, layout = title(state), state.layout
    floor, lost = NEVER, NEVER
    overflow = False
    tiles: list[Tile] = []
    raw: list[Records] = []
    for block in blocks(words_of(layout, document, what)):
        if block.kind == FLOOR:
            values = block.words[2:5].view(np.int64).tolist()
            floor = max(floor, values[0])
            if values[1] & OVERFLOW:
                overflow, lost = True, max(lost, values[2])
        elif block.kind == EVENTS:
            raw.append(records_of(layout, block, what))
        else:
            tiles.append(tile_of(state, block, what))
    return Opened(floor, lost if overflow else None, tuple(tiles), joined(layout, raw))


def segment_records(state: ViewState, segment: bytes) -> Records:
    """Return the records of a segment.

    Raises:
        OnlineError: it is cut or damaged, or of another view.
    """
    what = f"view {state.title}: a segment of an entity"
    found: Iterable[Records] = (
        records_of(state.layout, block, what) for block in blocks(words_of(state.layout, segment, what))
    )
    return joined(state.layout, list(found))
