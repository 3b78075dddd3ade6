"""Compaction: what a document becomes when its floor has risen. A pure function of its bytes, segments and the floor.

Facts that no read will see any more go. Events whose times are past, and that no boundary of a window is about to
part, are folded into tiles; their records go to a segment while a boundary will still part them, and always in views
with ids. What is left stays raw.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from zipline.engines.kernels.arrays import Booleans, Integers
from zipline.online.state.boundaries import reach
from zipline.online.state.folding import Folding, segments_to_read
from zipline.online.state.layout import damaged
from zipline.online.state.opened import NEVER, Opened, segment_records, title
from zipline.online.state.policy import Policy, Soon, kept, policy_of, soon
from zipline.online.state.records import Records, joined, no_records, size_of
from zipline.online.state.resolution import resolution
from zipline.online.state.retiring import foldable, retired, retired_tile, with_applied
from zipline.online.state.tiles import touched
from zipline.online.state.view_state import ViewState


@dataclass(frozen=True)
class Folded:
    """A document after compaction, and the new segments that its tiles may name."""

    document: Opened
    segments: Mapping[bytes, bytes]


def folded(
    state: ViewState, document: Opened, segments: Mapping[bytes, bytes], *, floor: int, lead: int,
    ceiling: int | None = None, policy: Policy | None = None,
) -> Folded:  # fmt: skip
    """Return what a document becomes.

    Args:
        state: the view's.
        document: taken apart.
        segments: of its tiles, those that were read.
        floor, lead: as in `document.compacted`.
        ceiling: up to where the document's own floor may rise if it has very many raw records; not at all unless given.
        policy: how far it is folded.
    """
    floor, policy = max(floor, document.floor), policy or policy_of(state)
    found = _folded(state, document, segments, floor, soon(floor, lead, ceiling), policy)
    raw = found.document.raw
    if size_of(raw) <= policy.hot_bytes:
        return found
    if lead:
        found = _folded(state, document, segments, floor, Soon(floor, floor), policy)
        raw = found.document.raw
    if ceiling is not None and ceiling > floor and size_of(raw) > policy.hot_bytes:
        latest = np.sort(np.maximum(raw.times, raw.known))
        higher = min(ceiling, int(latest[-1 - min(policy.fewest, len(latest) - 1)]) + 1)
        floor = max(floor, higher)
        found = _folded(state, document, segments, floor, Soon(floor, floor), policy)
    return found


def _folded(
    state: ViewState,
    document: Opened,
    segments: Mapping[bytes, bytes],
    floor: int,
    soon: Soon,
    policy: Policy,
) -> Folded:
    if (lost := _still_lost(state, document, floor)) is not None:
        return _dropped(state, document, floor, lost)
    names = segments_to_read(state, document.tiles, document.raw, floor, soon, policy)
    read = {name: _read(state, name, segments) for name in sorted(names)}
    reopened = policy.reopened(state, document.tiles, len(document.raw), soon)
    raw = joined(state.layout, [document.raw, *(read[each.segment] for each in reopened if each.segment)])
    parts, tiles = [raw], []
    news = document.raw.take(document.raw.known < floor)
    for tile, changes in zip(document.tiles, touched(state, document.tiles, news), strict=True):
        if tile in reopened:
            continue
        if changes and tile.segment is not None:
            parts.append(read[tile.segment])
        elif (left := retired_tile(state, tile, floor)) is not None:
            tiles.append(left)
    records, home = _left(state, parts, floor)
    folding = Folding(state, floor, soon, policy, tiles, read)
    past = foldable(records, floor)
    for number in range(1, len(parts)):
        folding.add(records.take(past & (home == number)))
    rest = _fold(folding, records, past, home, policy)
    if len(rest) + kept(folding.tiles) > policy.most_events:
        return _dropped(state, document, floor, NEVER)
    order = sorted(folding.tiles, key=lambda tile: (tile.first, tile.last, tile.segment or b""))
    return Folded(Opened(floor, None, tuple(order), rest), folding.made)


def _read(state: ViewState, name: bytes, segments: Mapping[bytes, bytes]) -> Records:
    if name not in segments:
        raise damaged(title(state), f"the segment {name.hex()} of a tile is not there")
    return segment_records(state, segments[name])


def _left(state: ViewState, parts: Sequence[Records], floor: int) -> tuple[Records, Integers]:
    """Return the records that some read still needs, their versions resolved, and which part each was in."""
    records = joined(state.layout, parts)
    home = np.repeat(np.arange(len(parts)), [len(part) for part in parts])
    records, rows = remaining(state, records, floor)
    return records, home[rows]


def remaining(
    state: ViewState, records: Records, floor: int, owners: Integers | None = None
) -> tuple[Records, Integers]:
    """Return the records that some read still needs, their versions resolved, and which they were of those given.

    Args:
        state: the view's.
        records: of one entity, or of several.
        floor: as in `folded`.
        owners: as in `resolution`.
    """
    until, stands = resolution(state, records, owners)
    rows = np.flatnonzero(stands)
    records, needed = retired(state, records.with_until(until).take(rows), floor)
    return records.take(needed), rows[needed]


def _still_lost(state: ViewState, document: Opened, floor: int) -> int | None:
    """Return the greatest event time of events that were dropped, if a read may still ask for them."""
    oldest = reach(state, floor)
    return (
        document.lost if document.lost is not None and (oldest is None or document.lost >= oldest) else None
    )


def _dropped(state: ViewState, document: Opened, floor: int, lost: int) -> Folded:
    """Return a document without all that it has: of too many events none is kept."""
    ends = [int(document.raw.times.max(initial=NEVER)), *(tile.last for tile in document.tiles)]
    return Folded(Opened(floor, max(lost, *ends), (), no_records(state.layout)), {})


def _fold(folding: Folding, records: Records, past: Booleans, home: Integers, policy: Policy) -> Records:
    """Fold raw records where there are too many of them, and return those that stay raw."""
    rows = np.flatnonzero(past & (home == 0))
    stays = ~past
    if size_of(records.take(stays | (home == 0))) <= policy.raw_bytes:
        rows = rows[:0]
    rows = rows[np.argsort(records.times[rows], kind="stable")]
    done = folding.fold(records.take(rows))
    stays |= home == 0
    stays[rows[done]] = False
    rest = records.take(stays)
    return with_applied(rest, rest.known < folding.floor) if folding.state.has_ids else rest
