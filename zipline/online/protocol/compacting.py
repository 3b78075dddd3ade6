"""Compact documents: fold what no read will ask for apart, guarded by the digest of what was read."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Final

from zipline.online.calls import Compact, Fetched, Listed, ListEntities, Marker, Read, Shard
from zipline.online.fills import Fill
from zipline.online.markers import parse_marker
from zipline.online.state import document
from zipline.online.state.document import Compaction
from zipline.online.state.keys import shard_number
from zipline.online.state.opened import opened
from zipline.online.state.view_state import ViewState
from zipline.online.steps import Steps

LEAD: Final = 600_000_000
"""Microseconds: what a window's boundary crosses so soon from now on is not folded; documents are compacted anew
before, so that few reads meet a tile that a boundary divides."""
_LISTED: Final = 100
_WORTH_IT: Final = 4096
"""Bytes of a document below which it is only expired: folding it would not pay for the step."""


@dataclass(frozen=True)
class Due:
    """When documents are compacted, and to what.

    Attributes:
        state: the view's.
        fill: where they are.
        now: the clock; the floor follows the stream's time, and never passes the clock.
        logs: all partitions of the view's sources, also those that nobody has read yet. Documents of ids wait for
            them: what has not come from one of them may be older than what is here, and must meet it.
        lead: microseconds: what a window's boundary crosses so soon after the stream's time is not folded.
    """

    state: ViewState
    fill: Fill
    now: int
    logs: Collection[str] = ()
    lead: int = LEAD

    def floor(self, marker: Marker) -> int:
        """Return the floor that a shard's documents are compacted to: so far behind the stream, and never back."""
        stream = self.stream(marker)
        return marker.floor if stream is None else max(marker.floor, stream - self.fill.history)

    def stream(self, marker: Marker) -> int | None:
        """Return the stream's time: the least of its logs'; what the clock has not reached is not believed."""
        if self.state.has_ids and not is_heard(marker, self.logs):
            return None
        return None if marker.watermark is None else min(marker.watermark, self.now)


def compact(
    state: ViewState, fill: Fill, entity: bytes, now: int, lead: int = LEAD, *, logs: Collection[str] = ()
) -> Steps[bool]:
    """Compact one entity's document, or delete it where nothing of it can be seen any more; return whether it changed.

    Args:
        state, fill, now, lead, logs: as in `Due`.
        entity: whose.

    Raises:
        OnlineError: the document cannot be decoded.
        StoreUnavailable: the store is down or slow.
    """
    due, shard = Due(state, fill, now, logs, lead), fill.shard(shard_number(entity, fill.shards))
    fetched: Fetched = yield Read(shard, (entity,))
    return (yield from _replace(due, shard, entity, fetched.documents[0], fetched.marker))


def tidy(
    state: ViewState, fill: Fill, shard: Shard, now: int, lead: int = LEAD, *, logs: Collection[str] = ()
) -> Steps[int]:
    """Walk through a shard: expire and compact whatever is due; return how many documents changed.

    Args:
        state, fill, now, lead, logs: as in `Due`.
        shard: which.
    """
    due = Due(state, fill, now, logs, lead)
    cursor, changed = 0, 0
    while True:
        listed: Listed = yield ListEntities(shard, cursor, _LISTED)
        fetched: Fetched = yield Read(shard, listed.entities)
        for entity, stored in zip(listed.entities, fetched.documents, strict=True):
            step = _expire if stored is not None and len(stored) < _WORTH_IT else _replace
            changed += yield from step(due, shard, entity, stored, fetched.marker)
        cursor = listed.cursor
        if cursor == 0:
            return changed


def is_heard(marker: Marker, logs: Collection[str]) -> bool:
    """Return whether a shard has its history and has heard of all logs, so that its watermark speaks for all rows."""
    return marker.ready and bool(logs) and all(log in marker.logs for log in logs)


def awaits_history(state: ViewState, marker: Marker) -> bool:
    """Return whether history may still bring versions: what has been folded would not be looked for in them."""
    return state.has_ids and not marker.ready


def digest(stored: bytes) -> bytes:
    """Return what tells whether a document still begins with the bytes that were read.

    Not a number that counts changes: after a store has lost data it would count the same numbers again.
    """
    return hashlib.sha1(stored).digest()


def _expire(due: Due, shard: Shard, entity: bytes, stored: bytes | None, marker: bytes | None) -> Steps[bool]:
    """Delete a document if nothing of it can be seen any more; tiles with segments are looked at as in large ones."""
    if stored is None or marker is None:
        return False
    floor = due.floor(parse_marker(marker))
    names = document.segments_of(due.state, stored)
    if names and not due.state.has_ids:
        return (yield from _replace(due, shard, entity, stored, marker))
    segments = yield from _segments(shard, entity, names)
    if segments is None or not document.expires(due.state, stored, segments, floor=floor):
        return False
    return (yield from _swap(shard, entity, stored, Compaction(b"", {}, names), floor))


def _replace(
    due: Due, shard: Shard, entity: bytes, stored: bytes | None, marker: bytes | None
) -> Steps[bool]:
    """Fold a document, or delete it. A busy entity's may raise its own floor: then the shard's rises with it."""
    if stored is None or marker is None:
        return False
    known = parse_marker(marker)
    if awaits_history(due.state, known):
        return False
    floor, ceiling = due.floor(known), due.stream(known)
    lead = due.fill.history + due.lead  # from the floor, which is so far behind, to the reads that come now
    names = document.needed_segments(due.state, stored, floor=floor, lead=lead, ceiling=ceiling)
    segments = yield from _segments(shard, entity, names)
    if segments is None:
        return False
    made = document.compacted(due.state, stored, segments, floor=floor, lead=lead, ceiling=ceiling)
    if made.head == stored:
        return False
    return (yield from _swap(shard, entity, stored, made, max(floor, opened(due.state, made.head).floor)))


def _segments(shard: Shard, entity: bytes, names: Sequence[bytes]) -> Steps[dict[bytes, bytes] | None]:
    """Return segments by name; None: one is not there, as the document has changed."""
    if not names:
        return {}
    fetched: Fetched = yield Read(shard, (), tuple((entity, name) for name in names))
    found = zip(names, fetched.segments, strict=True)
    segments = {name: segment for name, segment in found if segment is not None}
    return segments if len(segments) == len(names) else None


def _swap(shard: Shard, entity: bytes, stored: bytes, made: Compaction, floor: int) -> Steps[bool]:
    """Put a new head in the place of what was read, if it is still there, and raise the shard's floor in one step."""
    segments = tuple(made.segments.items())
    done: bool = yield Compact(
        shard, entity, len(stored), digest(stored), made.head, segments, made.dropped, floor
    )
    return done
