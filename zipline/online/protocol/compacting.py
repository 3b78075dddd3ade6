"""Compact documents: fold what no read will ask for apart, guarded by the digest of what was read."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from zipline.online.calls import Compact, Fetched, Listed, ListEntities, Marker, Read, Shard
from zipline.online.fills import Fill
from zipline.online.markers import parse_marker
from zipline.online.state import document
from zipline.online.state.document import Compaction
from zipline.online.state.keys import shard_number
from zipline.online.state.view_state import ViewState
from zipline.online.steps import Steps

LEAD: Final = 600_000_000
"""Microseconds: what a window's boundary crosses so soon after the floor is not folded; documents are compacted anew
before, so that few reads meet a tile that a boundary divides."""
_LISTED: Final = 100
_WORTH_IT: Final = 4096
"""Bytes of a document below which it is only expired: folding it would not pay for the step."""


@dataclass(frozen=True)
class _Whole:
    """A document with all its segments, as they were at one moment."""

    shard: Shard
    entity: bytes
    marker: Marker
    document: bytes
    segments: Mapping[bytes, bytes]


def compact(state: ViewState, fill: Fill, entity: bytes, now: int, lead: int = LEAD) -> Steps[bool]:
    """Compact one entity's document, or delete it where nothing of it can be seen any more; return whether it changed.

    Args:
        state: the view's.
        fill: where it is.
        entity: whose.
        now: the clock; the floor follows the stream's time, and never passes the clock.
        lead: microseconds: what a window's boundary crosses so soon is not folded.

    Raises:
        OnlineError: the document cannot be decoded.
        StoreUnavailable: the store is down or slow.
    """
    whole = yield from _read(state, fill.shard(shard_number(entity, fill.shards)), entity)
    return whole is not None and (yield from _replace(state, fill, whole, now, lead))


def expire(state: ViewState, fill: Fill, entity: bytes, now: int) -> Steps[bool]:
    """Delete one entity's document if nothing of it can be seen any more; return whether it did."""
    whole = yield from _read(state, fill.shard(shard_number(entity, fill.shards)), entity)
    return whole is not None and (yield from _expire(state, fill, whole, now))


def tidy(state: ViewState, fill: Fill, shard: Shard, now: int, lead: int = LEAD) -> Steps[int]:
    """Walk through a shard: expire and compact whatever is due; return how many documents changed."""
    cursor, changed = 0, 0
    while True:
        listed: Listed = yield ListEntities(shard, cursor, _LISTED)
        fetched: Fetched = yield Read(shard, listed.entities)
        for entity, stored in zip(listed.entities, fetched.documents, strict=True):
            whole = yield from _with_segments(state, shard, entity, stored, fetched.marker)
            if whole is None:
                continue
            if len(whole.document) < _WORTH_IT:
                changed += yield from _expire(state, fill, whole, now)
            else:
                changed += yield from _replace(state, fill, whole, now, lead)
        cursor = listed.cursor
        if cursor == 0:
            return changed


def next_floor(marker: Marker, fill: Fill, now: int) -> int:
    """Return the floor that a document is compacted to: so far behind the stream, and never back.

    The stream's time is the least of its logs', and what the clock has not reached is not believed. A fill that only
    bulk has written stays where bulk left it.
    """
    if marker.watermark is None:
        return marker.floor
    return max(marker.floor, min(marker.watermark, now) - fill.history)


def digest(stored: bytes) -> bytes:
    """Return what tells whether a document still begins with the bytes that were read.

    Not a number that counts changes: after a store has lost data it would count the same numbers again.
    """
    return hashlib.sha1(stored).digest()


def nothing(whole: _Whole) -> Compaction:
    """Return what becomes of a document of which nothing can be seen."""
    return Compaction(b"", {}, tuple(whole.segments))


def _read(state: ViewState, shard: Shard, entity: bytes) -> Steps[_Whole | None]:
    fetched: Fetched = yield Read(shard, (entity,))
    return (yield from _with_segments(state, shard, entity, fetched.documents[0], fetched.marker))


def _with_segments(
    state: ViewState, shard: Shard, entity: bytes, stored: bytes | None, marker: bytes | None
) -> Steps[_Whole | None]:
    """Return a document and all its segments; None: there is none, or it changed in between."""
    if stored is None or marker is None:
        return None
    names = document.segments_of(state, stored)
    segments: dict[bytes, bytes] = {}
    if names:
        fetched: Fetched = yield Read(shard, (), tuple((entity, name) for name in names))
        segments = {
            name: each for name, each in zip(names, fetched.segments, strict=True) if each is not None
        }
    if len(segments) < len(names):
        return None
    return _Whole(shard, entity, parse_marker(marker), stored, segments)


def _expire(state: ViewState, fill: Fill, whole: _Whole, now: int) -> Steps[bool]:
    floor = next_floor(whole.marker, fill, now)
    expires = document.expires(state, whole.document, whole.segments, floor=floor)
    return expires and (yield from _swap(whole, nothing(whole), floor))


def _replace(state: ViewState, fill: Fill, whole: _Whole, now: int, lead: int) -> Steps[bool]:
    if (yield from _expire(state, fill, whole, now)):
        return True
    floor = next_floor(whole.marker, fill, now)
    made = document.compacted(state, whole.document, whole.segments, floor=floor, lead=lead)
    return made.head != whole.document and (yield from _swap(whole, made, floor))


def _swap(whole: _Whole, made: Compaction, floor: int) -> Steps[bool]:
    done: bool = yield Compact(
        whole.shard, whole.entity, len(whole.document), digest(whole.document), made.head,
        tuple(made.segments.items()), made.dropped, floor,
    )  # fmt: skip
    return done
