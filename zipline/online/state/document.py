"""A document: the state of one entity in one view, as bytes that are only appended to, and folded from time to time.

The bytes are blocks, one after another: what compaction made (a floor, tiles, raw facts) and then what was appended
since. Every delta is a block or several. A block that is cut or damaged is an `OnlineError`, never a wrong value.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from zipline.online.state.compaction import folded, remaining
from zipline.online.state.described import described
from zipline.online.state.encoding import encoded
from zipline.online.state.facts import Facts
from zipline.online.state.folding import segments_to_read
from zipline.online.state.opened import Opened, opened
from zipline.online.state.packing import coded, pack_coded, pack_groups
from zipline.online.state.policy import Policy, policy_of, soon
from zipline.online.state.retiring import retired, retired_tile
from zipline.online.state.view_state import ViewState


@dataclass(frozen=True)
class Compaction:
    """What a document becomes.

    Attributes:
        head: the new bytes; empty where nothing is left of it.
        segments: name -> bytes, to write: immutable, named by their content.
        dropped: names of segments that nothing needs any more.
    """

    head: bytes
    segments: Mapping[bytes, bytes]
    dropped: tuple[bytes, ...]


def deltas(state: ViewState, facts: Facts) -> list[tuple[bytes, bytes]]:
    """Return (entity, bytes to append) of every entity that facts speak of, each once."""
    return pack_groups(encoded(state.layout, facts), facts.entities)


def segments_of(state: ViewState, document: bytes) -> tuple[bytes, ...]:
    """Return the names of all segments that a document refers to.

    Raises:
        OnlineError: it cannot be decoded.
    """
    return _names(opened(state, document))


def needed_segments(
    state: ViewState, document: bytes, *, floor: int, lead: int, ceiling: int | None = None,
    policy: Policy | None = None,
) -> tuple[bytes, ...]:  # fmt: skip
    """Return the names of the segments that `compacted` reads, given the same arguments: mostly none, few of many.

    Raises:
        OnlineError: it cannot be decoded.
    """
    found = opened(state, document)
    floors = {max(floor, found.floor), max(floor, found.floor, ceiling or floor)}
    policy = policy or policy_of(state)
    names = [
        segments_to_read(state, found.tiles, found.raw, each, soon(each, ahead, ceiling), policy)
        for each in floors
        for ahead in (lead, 0)
    ]
    return tuple(sorted(set().union(*names)))


def compacted(
    state: ViewState, document: bytes, segments: Mapping[bytes, bytes], *, floor: int, lead: int,
    ceiling: int | None = None, policy: Policy | None = None,
) -> Compaction:  # fmt: skip
    """Return what a document becomes: a pure function of its arguments.

    Args:
        state: the view's.
        document: all that was read of it.
        segments: at least those that `needed_segments` names.
        floor: microseconds: no read before it will be asked for. The greater of it and the document's own counts.
        lead: microseconds: what a window's boundary will cross so soon after the floor is not folded away.
        ceiling: microseconds, the clock: a document with very many events raises its own floor up to it, so that they
            can be folded; reads before that are then refused for this entity. It does not unless given.
        policy: how far it is folded.

    Raises:
        OnlineError: the document or a segment cannot be decoded.
    """
    before = opened(state, document)
    found = folded(state, before, segments, floor=floor, lead=lead, ceiling=ceiling, policy=policy)
    after, old = found.document, _names(before)
    head = after.to_bytes(state)
    if not head and before.floor > floor:
        head = after.head(state)  # the shard's floor does not say it
    names = _names(after)
    written = {name: found.segments[name] for name in names if name not in old}
    return Compaction(head, written, tuple(name for name in old if name not in names))


def bulk_deltas(
    state: ViewState, facts: Facts, *, floor: int, lead: int, policy: Policy | None = None
) -> list[tuple[bytes, bytes, Mapping[bytes, bytes]]]:
    """Return (entity, bytes to append, segments) of a whole history: tiles where there are many facts.

    What no read at the floor or later can see is left out. All versions of an id of an entity are among the facts.
    """
    records, (names, owners) = encoded(state.layout, facts), coded(facts.entities)
    records, rows = remaining(state, records, floor, owners)
    policy = policy or policy_of(state)
    made: list[tuple[bytes, bytes, Mapping[bytes, bytes]]] = []
    for entity, block in pack_coded(records, names, owners[rows]):
        if len(block) <= policy.raw_bytes:
            made.append((entity, block, {}))
            continue
        found = folded(state, opened(state, block), {}, floor=floor, lead=lead, policy=policy)
        made.append((entity, found.document.to_bytes(state), found.segments))
    return made


def expires(state: ViewState, document: bytes, segments: Mapping[bytes, bytes], *, floor: int) -> bool:
    """Return whether nothing of a document can be seen at `floor` or later.

    Raises:
        OnlineError: it cannot be decoded.
    """
    found = opened(state, document)
    if found.floor > floor or any(retired_tile(state, tile, floor) for tile in found.tiles):
        return False
    if found.lost is None and not state.has_ids:  # each record speaks for itself
        return not retired(state, found.raw, floor)[1].any()
    return not folded(state, replace(found, tiles=()), segments, floor=floor, lead=0).document.to_bytes(state)


def decode_for_people(state: ViewState, document: bytes) -> Sequence[Mapping[str, object]]:
    """Return a document's blocks in words, for `zipline lookup --verbose` and error reports."""
    return described(state, opened(state, document))


def _names(document: Opened) -> tuple[bytes, ...]:
    return tuple(dict.fromkeys(tile.segment for tile in document.tiles if tile.segment is not None))
