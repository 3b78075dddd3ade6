"""A stand-in for documents, tiles and their fold in plain Python: small, quick to run, and easy to be sure of.

It does what `state.document`, `state.index` and `state.fold` do, over rows with one value, so that thousands of
schedules can try the protocol; others run on the real ones. What is settled lies in tiles with a partial and a
segment, so that a delta that is applied twice, lost, or folded too soon shows in a value.
"""

from __future__ import annotations

import hashlib
import marshal
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby, pairwise
from typing import Any, Final, NamedTuple, TypeAlias

from tests.online.simulation.rows import Values, longest
from tests.online.simulation.views import CORRECTIONS
from zipline.dsl.window import Window
from zipline.online.state.document import Compaction
from zipline.online.state.facts import Facts
from zipline.online.state.fold import Needed
from zipline.online.state.index import parse_version
from zipline.online.state.view_state import ViewState

FOREVER: Final = 2**63 - 1
TILE: Final = 3_000_000
"""Microseconds of event time that one tile holds."""
Partial: TypeAlias = tuple[int, int, tuple[int, int, int] | None]
ZERO: Final[Partial] = (0, 0, None)


class Fact(NamedTuple):
    """A row in a document; a stub says only until when another version is visible."""

    time: int
    known: int
    value: int
    id: bytes | None = None
    rank: bytes = b""
    kept: bool = True
    until: int = FOREVER
    stub: bool = False


class Tile(NamedTuple):
    """Settled facts as one partial."""

    first: int
    last: int
    partial: Partial
    segment: bytes | None


@dataclass
class Parts:
    """A document, taken apart."""

    floor: int
    tiles: list[Tile]
    facts: list[Fact]


def deltas(state: ViewState, facts: Facts) -> list[tuple[bytes, bytes]]:
    """Return (entity, bytes to append), each entity once."""
    return _packed(zip(facts.entities, _facts(facts), strict=True))


def placed(
    state: ViewState, facts: Facts, sets: Mapping[bytes, Sequence[bytes]]
) -> list[tuple[bytes, bytes]]:
    """Return own versions, and stubs to the places of all older ones, as `state.index.placed` does."""
    found: list[tuple[bytes | None, Fact]] = []
    newest: dict[bytes, tuple[int, bytes]] = {}
    own = _facts(facts)
    for fact in own:
        assert fact.id is not None
        newest[fact.id] = max(newest.get(fact.id, (fact.known, fact.rank)), (fact.known, fact.rank))
    ends: dict[tuple[bytes, int, bytes], int] = {}
    for name, last in newest.items():
        versions = {(each.known, each.rank): each for each in map(parse_version, sets[name])}
        for key, end in _ends(sorted(versions)).items():
            ends[name, *key] = end
            entity = versions[key].entity
            if key < last and entity is not None:
                found.append(
                    (entity, Fact(versions[key].time, key[0], 0, name, key[1], False, end, stub=True))
                )
    for entity, fact in zip(facts.entities, own, strict=True):
        assert fact.id is not None
        assert entity is not None
        found.append((entity, fact._replace(until=ends[fact.id, fact.known, fact.rank])))
    return _packed(found)


def segments_of(state: ViewState, document: bytes) -> tuple[bytes, ...]:
    """Return the names of a document's segments."""
    return tuple(tile.segment for tile in parse(document).tiles if tile.segment is not None)


def needed_segments(
    state: ViewState, document: bytes, *, floor: int, lead: int, ceiling: int | None = None
) -> tuple[bytes, ...]:
    """Return the names of the segments that compaction reads: all of them."""
    return segments_of(state, document)


def compacted(
    state: ViewState, document: bytes, segments: Mapping[bytes, bytes], *, floor: int, lead: int,
    ceiling: int | None = None,
) -> Compaction:  # fmt: skip
    """Fold what is settled into tiles, and leave out what no read will see."""
    parts = parse(document)
    floor = max(floor, parts.floor)
    unfolded = [fact for tile in parts.tiles if tile.segment for fact in _segment(segments[tile.segment])]
    base = [tile for tile in parts.tiles if tile.segment is None]
    raw, ended, settled = _sorted_out(state, [*unfolded, *parts.facts], floor, lead)
    if ended:
        base = [_tile([*base, *(_single(fact) for fact in ended)], None)]
    made: dict[bytes, bytes] = {}
    tiles = list(base)
    for _, group in groupby(sorted(settled), key=lambda fact: fact.time // TILE):
        facts = list(group)
        stored = marshal.dumps([tuple(fact) for fact in facts])
        name = segment_name(stored, facts)
        made[name] = stored
        tiles.append(_tile([_single(fact) for fact in facts], name))
    head = _block(("H", floor, [tuple(tile) for tile in tiles])) + _written(raw)
    old = {tile.segment for tile in parts.tiles if tile.segment}
    new = {name: stored for name, stored in made.items() if name not in old}
    return Compaction(head, new, tuple(sorted(old - made.keys())))


def expires(state: ViewState, document: bytes, segments: Mapping[bytes, bytes], *, floor: int) -> bool:
    """Return whether nothing of a document is ever seen again."""
    parts = parse(document)
    facts = [fact for stored in segments.values() for fact in _segment(stored)] + parts.facts
    floor = max(floor, parts.floor)
    return all(tile.segment for tile in parts.tiles) and all(is_dead(state, fact, floor) for fact in facts)


def bulk_deltas(
    state: ViewState, facts: Facts, *, floor: int, lead: int
) -> list[tuple[bytes, bytes, Mapping[bytes, bytes]]]:
    """Return deltas with a tile where a few facts are settled."""
    made = []
    for entity, delta in deltas(state, facts):
        compact = compacted(state, delta, {}, floor=floor, lead=lead)
        made.append((entity, compact.head, compact.segments))
    return made


def fold(
    state: ViewState, documents: Sequence[bytes | None], t: int, segments: Mapping[tuple[int, bytes], bytes]
) -> list[Values] | Needed:
    """Return the values of each document's entity at `t`, or which segments it takes."""
    needed: dict[tuple[int, bytes], None] = {}
    rows: list[Values] = []
    for row, document in enumerate(documents):
        parts = parse(document or b"")
        merged = [_seen(parts, each, t, row, segments, needed) for each in state.windows]
        found = bool(_seen(parts, longest(state.windows), t, row, segments, needed)[0])
        rows.append((found, *(value for partial in merged for value in _values(partial))))
    return Needed(tuple(needed)) if needed else rows


def segment_name(stored: bytes, facts: Sequence[Fact]) -> bytes:
    """Return a segment's name: of its content."""
    return hashlib.sha1(stored).digest()[:8]


def is_dead(state: ViewState, fact: Fact, floor: int) -> bool:
    """Return whether no read at the floor or later sees a fact, nor is told by it of another version."""
    if fact.id is not None and max(fact.known, fact.time) + 3 * CORRECTIONS >= floor:
        return False
    return all(_side(each, fact, floor) > 0 for each in state.windows)


def is_settled(state: ViewState, fact: Fact, floor: int) -> bool:
    """Return whether every read at the floor or later knows a fact."""
    return fact.id is None and fact.known < min(_aligned(each, floor) for each in state.windows)


def is_crossed(state: ViewState, fact: Fact, floor: int, lead: int) -> bool:
    """Return whether a window's boundary passes a fact soon after the floor."""
    return any(_side(each, fact, floor) != _side(each, fact, floor + lead) for each in state.windows)


def _sorted_out(
    state: ViewState, facts: Iterable[Fact], floor: int, lead: int
) -> tuple[list[Fact], list[Fact], list[Fact]]:
    """Return facts that stay as they are, those that no boundary passes any more, and those that are settled."""
    raw, ended, settled = [], [], []
    for fact in resolved(list(facts)):
        if is_dead(state, fact, floor):
            continue
        if not is_settled(state, fact, floor) or is_crossed(state, fact, floor, lead):
            raw.append(fact)
        elif all(_side(each, fact, floor) == (0 if each.length_us is None else 1) for each in state.windows):
            ended.append(fact)
        else:
            settled.append(fact)
    return raw, ended, settled


def _side(window: Window, fact: Fact, t: int) -> int:
    """Return whether a fact is ahead of a window (-1), inside, or behind it (1)."""
    lower, upper = window.bounds(t)
    return -1 if fact.time >= upper else 1 if lower is not None and fact.time < lower else 0


def _aligned(window: Window, t: int) -> int:
    return t - t % window.align_us if window.align_us else t


def _seen(
    parts: Parts, window: Window, t: int, row: int, segments: Mapping[tuple[int, bytes], bytes],
    needed: dict[tuple[int, bytes], None],
) -> Partial:  # fmt: skip
    lower, upper = window.bounds(t)
    now = _aligned(window, t)
    merged, facts = ZERO, list(parts.facts)
    for tile in parts.tiles:
        if tile.first >= upper or (lower is not None and tile.last < lower):
            continue
        if tile.last < upper and (lower is None or tile.first >= lower):
            merged = _merge(merged, tile.partial)
        elif tile.segment is None:
            raise AssertionError("a boundary crosses a tile without a segment")
        elif (row, tile.segment) in segments:
            facts += _segment(segments[row, tile.segment])
        else:
            needed[row, tile.segment] = None
    for fact in resolved(facts):
        if (
            fact.kept
            and fact.known < now <= fact.until
            and fact.time < upper
            and (lower is None or fact.time >= lower)
        ):
            merged = _merge(merged, _single(fact).partial)
    return merged


def resolved(facts: list[Fact]) -> list[Fact]:
    """Return each version once, with the end of its visibility; stubs of versions that are not there stay."""
    found = [fact for fact in facts if fact.id is None]
    versions: dict[tuple[bytes, int, bytes], Fact] = {}
    for fact in facts:
        if fact.id is not None:
            key = (fact.id, fact.known, fact.rank)
            same = versions.setdefault(key, fact)
            versions[key] = (fact if same.stub else same)._replace(until=min(same.until, fact.until))
    for name in dict.fromkeys(key[0] for key in versions):
        ends = _ends(sorted(key[1:] for key in versions if key[0] == name))
        for version, end in ends.items():
            fact = versions[name, *version]
            found.append(fact._replace(until=min(fact.until, end)))
    return found


def _ends(order: Sequence[tuple[int, bytes]]) -> dict[tuple[int, bytes], int]:
    ends = dict.fromkeys(order, FOREVER)
    for key, following in pairwise(order):
        if following[0] - key[0] <= CORRECTIONS:
            ends[key] = following[0]
    return ends


def parse(document: bytes) -> Parts:
    """Return a document's parts."""
    parts = Parts(-FOREVER, [], [])
    for block in _blocks(document):
        if block[0] == "H":
            parts.floor = max(parts.floor, block[1])
            parts.tiles += map(Tile._make, block[2])
        else:
            parts.facts += map(Fact._make, block[1])
    return parts


def _blocks(document: bytes) -> Iterator[Any]:
    at = 0
    while at < len(document):
        start = at + 4
        at = start + int.from_bytes(document[at:start], "big")
        yield marshal.loads(document[start:at])


def _block(content: Any) -> bytes:
    stored = marshal.dumps(content)
    return len(stored).to_bytes(4, "big") + stored


def _segment(stored: bytes) -> list[Fact]:
    return [Fact._make(each) for each in marshal.loads(stored)]


def _written(facts: Sequence[Fact]) -> bytes:
    return _block(("F", [tuple(fact) for fact in facts])) if facts else b""


def _facts(facts: Facts) -> list[Fact]:
    count = len(facts)
    ids: Sequence[bytes | None] = facts.ids if facts.ids is not None else [None] * count
    return [
        Fact(*each)
        for each in zip(
            facts.times.tolist(), facts.known.tolist(), facts.columns["value"].to_pylist(),
            ids, facts.ranks or [b""] * count,
            [True] * count if facts.kept is None else facts.kept.tolist(), strict=True,
        )
    ]  # fmt: skip


def _packed(facts: Iterable[tuple[bytes | None, Fact]]) -> list[tuple[bytes, bytes]]:
    entities: dict[bytes, list[Fact]] = {}
    for entity, fact in facts:
        assert entity is not None
        entities.setdefault(entity, []).append(fact)
    return [(entity, _written(each)) for entity, each in entities.items()]


def _single(fact: Fact) -> Tile:
    return Tile(fact.time, fact.time, (1, fact.value, (fact.time, fact.known, fact.value)), None)


def _tile(tiles: Sequence[Tile], segment: bytes | None) -> Tile:
    partial = ZERO
    for tile in tiles:
        partial = _merge(partial, tile.partial)
    return Tile(min(each.first for each in tiles), max(each.last for each in tiles), partial, segment)


def _merge(one: Partial, other: Partial) -> Partial:
    lasts = [each for each in (one[2], other[2]) if each is not None]
    return one[0] + other[0], one[1] + other[1], max(lasts, default=None)


def _values(partial: Partial) -> Values:
    count, total, last = partial
    return count, total if count else None, last[2] if last else None
