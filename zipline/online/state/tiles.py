"""Tiles: events that have been folded into partials, with or without a segment that holds them one by one."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import dataclass, replace
from hashlib import blake2b
from itertools import accumulate

import numpy as np
from numpy.typing import NDArray

from zipline.engines.kernels.arrays import Booleans, Integers
from zipline.engines.kernels.online_versions import print_ids
from zipline.online.state.gathering import gathered
from zipline.online.state.layout import NAME_BYTES, TILE, TILE_HEAD, Block, damaged
from zipline.online.state.packing import block_bytes, pack_all
from zipline.online.state.records import Records
from zipline.online.state.resolution import bounds
from zipline.online.state.view_state import ViewState

NO_NAME = bytes(NAME_BYTES)
NO_PRINTS = np.empty(0, np.uint32)
_HEAD = struct.Struct(f"<5q{NAME_BYTES}sq")
"""What stands in the words of a TILE block from the third on, before the directory."""


@dataclass(frozen=True, eq=False)
class Tile:
    """Some events of an entity.

    Attributes:
        count: how many a read may see.
        first, last: the least and the greatest event time of those.
        least_known, known: the least and the greatest knowledge time of all records, stubs among them.
        segment: the name of the segment that holds the records; None where none is kept.
        prints: of the ids of the records, uint32, ascending; none where they are not kept.
        partials: of each of `ViewState.aggregations`, as `ViewState.codecs` writes them.
    """

    count: int
    first: int
    last: int
    least_known: int
    known: int
    segment: bytes | None
    prints: NDArray[np.uint32]
    partials: tuple[bytes, ...]


def made_tile(state: ViewState, records: Records) -> tuple[Tile, bytes]:
    """Return the tile of some records, and its segment.

    Args:
        state: the view's.
        records: events, each visible at any read at which its window sees it, and stubs.
    """
    segment = pack_all(records)
    prints = prints_of(records) if state.has_ids else NO_PRINTS
    return replace(bare_tile(state, records), segment=segment_name(segment), prints=prints), segment


def bare_tile(state: ViewState, records: Records) -> Tile:
    """Return the tile of some records without a segment and prints."""
    stubs = records.stubs
    events = records.take(~stubs) if stubs.any() else records
    spread = events if len(events) else records
    return Tile(
        len(events),
        int(spread.times.min()),
        int(spread.times.max()),
        int(records.known.min()),
        int(records.known.max()),
        None,
        NO_PRINTS,
        tuple(
            codec.encode(gathered(codec.aggregation, events)) if words is None else words
            for codec, words in zip(state.codecs, state.partial_words.made(events), strict=True)
        ),
    )


def merged(state: ViewState, left: Tile, right: Tile) -> Tile:
    """Return the tile of both tiles' events; neither has a segment."""
    pairs = zip(state.codecs, left.partials, right.partials, strict=True)
    return Tile(
        left.count + right.count,
        min(left.first, right.first),
        max(left.last, right.last),
        min(left.least_known, right.least_known),
        max(left.known, right.known),
        None,
        left.prints,
        tuple(codec.merge(one, other) for codec, one, other in pairs),
    )


def trimmed(state: ViewState, tile: Tile, floor: int) -> Tile:
    """Return a tile without what no read at `floor` or later can use of its partials."""
    pairs = zip(state.codecs, tile.partials, strict=True)
    return replace(tile, partials=tuple(codec.trimmed(partial, floor) for codec, partial in pairs))


def segment_name(segment: bytes) -> bytes:
    """Return the name of a segment, made of its content."""
    return blake2b(segment, digest_size=NAME_BYTES).digest()


def prints_of(records: Records) -> NDArray[np.uint32]:
    """Return the prints of the ids of records, each once, ascending."""
    ids = records.words[:, records.layout.id_word]
    return np.unique(_prints(records, np.flatnonzero(ids)))


def touched(state: ViewState, tiles: Sequence[Tile], records: Records) -> list[bool]:
    """Return which tiles may hold other versions of the ids of records that they do not know of.

    Args:
        state: the view's.
        tiles: of a document.
        records: its raw ones.
    """
    if not state.has_ids or not tiles:
        return [False] * len(tiles)
    rows = np.flatnonzero(~records.applied & (records.words[:, records.layout.id_word] != 0))
    if not len(rows):
        return [False] * len(tiles)
    known, prints = records.known[rows], _prints(records, rows)
    limits = np.array(bounds(state))[records.sources[rows]]
    return [_touches(tile, known, prints, limits) for tile in tiles]


def encode_tile(state: ViewState, tile: Tile) -> bytes:
    """Return the TILE block of a tile."""
    partials = dict.fromkeys(tile.partials)  # equal ones, as a sum's and a mean's are, stand there once
    padded = [partial.ljust(-(-len(partial) // 8) * 8, b"\0") for partial in partials]
    begins = accumulate((len(each) // 8 for each in padded), initial=TILE_HEAD + len(tile.partials))
    places = dict(zip(partials, begins, strict=False))
    directory = [places[partial] | len(partial) << 32 for partial in tile.partials]
    times = tile.first, tile.last, tile.least_known, tile.known
    head = _HEAD.pack(tile.count, *times, tile.segment or NO_NAME, len(tile.prints))
    prints = tile.prints.astype("<u4").tobytes() + bytes(4 * (len(tile.prints) % 2))
    whole = b"".join([head, struct.pack(f"<{len(directory)}Q", *directory), *padded, prints])
    return block_bytes(state.layout, TILE, np.frombuffer(whole, np.uint64))


def tile_of(state: ViewState, block: Block, what: str) -> Tile:
    """Return the tile of a TILE block.

    Raises:
        OnlineError: the block says that it holds more than it does.
    """
    words = block.words
    count = len(state.codecs)
    directory = words[TILE_HEAD : TILE_HEAD + count].tolist()
    if block.kind != TILE or len(directory) != count:
        raise damaged(what, f"a block of {8 * len(words)} bytes is no tile of {count} partials")
    data = words.tobytes()
    spans = [(8 * (each & 0xFFFFFFFF), each >> 32) for each in directory]
    end = max((begin + -(-size // 8) * 8 for begin, size in spans), default=8 * TILE_HEAD)
    prints = int(words[9])
    if end + 4 * prints > len(data):
        raise damaged(what, f"a tile of {len(data)} bytes cannot hold partials up to {end} and {prints} ids")
    name = data[8 * 7 : 8 * 9]
    first, last, least_known, known = words[3:7].view(np.int64).tolist()
    return Tile(
        int(words[2]), first, last, least_known, known, None if name == NO_NAME else name,
        np.frombuffer(data, np.uint32, prints, end), tuple(data[begin : begin + size] for begin, size in spans),
    )  # fmt: skip


def _touches(
    tile: Tile, known: NDArray[np.int64], prints: NDArray[np.uint32], limits: NDArray[np.int64]
) -> bool:
    # Differences of times fit int64 many times over; sums with a bound that is no bound would not.
    near: Booleans = (tile.least_known - known <= limits) & (known - tile.known <= limits)
    if not near.any() or not len(tile.prints):
        return bool(near.any())
    places = np.searchsorted(tile.prints, prints[near])
    return bool((tile.prints[np.minimum(places, len(tile.prints) - 1)] == prints[near]).any())


def _prints(records: Records, rows: Integers) -> NDArray[np.uint32]:
    hashes = np.empty(len(rows), np.uint64)
    print_ids(records.words[rows, records.layout.id_word], records.heap_bytes, hashes)
    return (hashes & np.uint64(0xFFFFFFFF)).astype(np.uint32)
