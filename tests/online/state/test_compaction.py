"""Facts may come in any order and pieces, and be compacted at any time: a read sees what the rows say."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import replace
from random import Random

import pytest

from tests.online.state.model import (
    CORRECTIONS,
    SECOND,
    TINY,
    WINDOWS,
    Row,
    expected,
    facts_of,
    folded,
    view,
)  # fmt: skip
from zipline.errors import OnlineError
from zipline.online.state.document import (
    bulk_deltas,
    compacted,
    deltas,
    expires,
    needed_segments,
    segments_of,
)
from zipline.online.state.fold import Folder, Needed
from zipline.online.state.opened import opened
from zipline.online.state.policy import Policy
from zipline.online.state.view_state import ViewState

CASES = 60
NUMBERS = [None, None, 0.1, -0.3, 1e300, math.inf, -math.inf, math.nan, -0.0, 5e-324]


def rows(random: Random, count: int, *, ids: bool) -> list[Row]:
    """Return rows over some 40 seconds; late ones, and ones from the future. With ids, a few versions of each."""
    found: dict[tuple[str, int, int], Row] = {}
    while len(found) < count:
        time = random.randrange(40)
        known = time + random.choice([0, 0, 1, random.randint(-3, 8)])
        n = random.choice([None, random.randint(-3, 3), random.randint(-(2**63), 2**63 - 1)])
        row = Row(time, known, random.choice(NUMBERS), n, random.choice("ab"))
        if ids:
            identity = str(random.randrange(2 * count if count > 20 else count // 2))
            row = replace(row, id=identity, rank=random.randrange(2), kept=random.random() < 0.8)
        found[(row.id if ids else str(len(found)), known, row.rank)] = row
    arriving = list(found.values())
    if random.random() < 0.6:
        arriving.sort(key=lambda row: row.known + random.choice([0, 0, 2, 5]))
    return arriving


class Entity:
    """An entity's document and segments, as a store would hold them."""

    def __init__(self, state: ViewState, policy: Policy = TINY) -> None:
        self.state, self.policy = state, policy
        self.document, self.floor = b"", 0
        self.segments: dict[bytes, bytes] = {}

    def append(self, rows: Sequence[Row]) -> None:
        for _, delta in deltas(self.state, facts_of(self.state, rows)):
            self.document += delta

    def compact(self, floor: int, lead: int, ceiling: int | None = None) -> None:
        self.floor = max(self.floor, floor)
        names = needed_segments(
            self.state, self.document, floor=self.floor, lead=lead, ceiling=ceiling, policy=self.policy
        )
        read = {name: self.segments[name] for name in names}
        gone = expires(self.state, self.document, read, floor=self.floor)
        made = compacted(
            self.state, self.document, read, floor=self.floor, lead=lead, ceiling=ceiling, policy=self.policy
        )
        assert gone == (made.head == b"")
        self.document = made.head
        for name in made.dropped:
            del self.segments[name]
        self.segments |= made.segments
        assert set(self.segments) == set(segments_of(self.state, self.document))


def check(entity: Entity, known: Sequence[Row], times: Iterable[int], what: str) -> None:
    """See that reads at some times, if they are allowed, are what the rows say."""
    for t in times:
        if t >= max(entity.floor, opened(entity.state, entity.document).floor):
            found = folded(entity.state, entity.document, entity.segments, t)
            assert found == expected(entity.state, known, t), f"{what}, t={t}"


def lived(random: Random, *, ids: bool) -> tuple[Entity, list[Row]]:
    """Return an entity whose facts came in pieces and that was compacted in between, and the facts."""
    windows = tuple(sorted(random.sample(range(len(WINDOWS)), random.randint(1, 3))))
    entity = Entity(view(windows, ids=ids), replace(TINY, raw_bytes=random.choice([0, 0, 400])))
    known: list[Row] = []
    floor, latest = 0, random.choice([20, 40])
    arriving = rows(random, random.choice([8, 24, 48]), ids=ids)
    while arriving:
        count = random.randint(1, 8)
        batch, arriving = arriving[:count], arriving[count:]
        if ids and known and random.random() < 0.5:
            batch.append(random.choice(known))  # delivered again
        if ids:  # what comes later than corrections may is not promised anything
            batch = [row for row in batch if floor - row.known * SECOND <= CORRECTIONS * SECOND]
        known += batch
        entity.append(batch)
        if random.random() < 0.7:
            floor = max(floor, random.randrange(latest) * SECOND + random.randint(0, 1))
            entity.compact(floor, random.choice([0, SECOND, 5 * SECOND]))
    return entity, known


@pytest.mark.parametrize("ids", [False, True])
def test_compaction_at_any_time_changes_nothing_that_is_read(ids: bool) -> None:
    tiles = 0
    for number in range(CASES):
        random = Random(f"{ids} {number}")
        entity, known = lived(random, ids=ids)
        times = [*random.sample(range(0, 60 * SECOND, SECOND), 12), 21 * SECOND + 1]
        check(entity, known, times, f"case {number}")
        tiles += len(opened(entity.state, entity.document).tiles)
    assert tiles > CASES // 2


def flood(state: ViewState, count: int, policy: Policy) -> tuple[Entity, list[Row]]:
    """Return an entity of which so many facts came in the last two seconds."""
    entity = Entity(state, policy)
    known = [Row(38 + at % 2, 38 + at % 2, float(at), at, "ab"[at % 2]) for at in range(count)]
    entity.append(known)
    return entity, known


def test_a_hot_entity_raises_its_own_floor_up_to_the_clock() -> None:
    state = view((0, 4), ids=False)
    entity, known = flood(state, 400, Policy(hot_bytes=4096))
    before = len(entity.document)
    entity.compact(20 * SECOND, SECOND)
    assert len(entity.document) > before / 2, "facts after the floor cannot be folded"
    entity.compact(20 * SECOND, SECOND, ceiling=41 * SECOND)
    assert 38 * SECOND < opened(state, entity.document).floor <= 41 * SECOND
    assert len(entity.document) < before / 4
    check(entity, known, range(38 * SECOND, 60 * SECOND, SECOND), "hot")
    entity.compact(39 * SECOND, 0)
    check(entity, known, range(38 * SECOND, 60 * SECOND, SECOND), "later")


def test_an_entity_with_too_many_events_says_so_until_no_window_reaches_them() -> None:
    state = view((0,), ids=False)
    entity, _ = flood(state, 50, Policy(most_events=40))
    entity.compact(20 * SECOND, 0)
    assert opened(state, entity.document).lost == 39 * SECOND
    assert len(entity.document) == 40
    late = [Row(41, 41, 1.0, 1, "a")]
    entity.append(late)
    entity.compact(42 * SECOND, 0)
    assert opened(state, entity.document).lost == 41 * SECOND, "beside what was dropped, nothing is kept"
    entity.append([Row(46, 46, 1.0, 1, "a")])
    entity.compact(46 * SECOND, 0)
    assert opened(state, entity.document).lost is None
    check(entity, [Row(46, 46, 1.0, 1, "a")], [46 * SECOND, 47 * SECOND], "healed")
    entity.compact(60 * SECOND, 0)
    assert entity.document == b""


@pytest.mark.parametrize("ids", [False, True])
def test_bulk_gives_what_the_same_facts_would_one_by_one(ids: bool) -> None:
    segments = tiles = 0
    for number in range(CASES // 2):
        random = Random(f"bulk {ids} {number}")
        state = view(tuple(sorted(random.sample(range(len(WINDOWS)), 2))), ids=ids)
        entity = Entity(state)
        known = rows(random, 50, ids=ids)
        floor = random.randrange(20, 40) * SECOND
        if ids:
            known = [row for row in known if floor - row.known * SECOND <= CORRECTIONS * SECOND]
        bulk = [row for row in known if row.known < 30]
        entity.floor = floor
        for _, delta, written in bulk_deltas(
            state, facts_of(state, bulk), floor=floor, lead=SECOND, policy=TINY
        ):
            entity.document += delta
            entity.segments |= written
        segments, tiles = segments + len(entity.segments), tiles + len(opened(state, entity.document).tiles)
        entity.append([row for row in known if row.known >= 30])
        check(entity, known, range(floor, 60 * SECOND, 5 * SECOND), f"bulk {number}")
        entity.compact(floor + 3 * SECOND, 0)
        check(entity, known, range(floor, 60 * SECOND, 5 * SECOND), f"bulk {number}, compacted")
    assert segments
    assert tiles


def test_bulk_of_many_entities_names_each_once() -> None:
    state = view((0, 4), ids=False)
    known = [Row(at % 30, at % 30, 0.1 * at, at, "a") for at in range(60)]
    facts = facts_of(state, known)
    facts = replace(facts, entities=[b"abc"[at % 3 : at % 3 + 1] for at in range(60)])
    made = bulk_deltas(state, facts, floor=30 * SECOND, lead=0, policy=TINY)
    assert sorted(entity for entity, _, _ in made) == [b"a", b"b", b"c"]
    for entity, document, segments in made:
        mine = [row for at, row in enumerate(known) if facts.entities[at] == entity]
        for t in (30 * SECOND, 33 * SECOND):
            assert folded(state, document, segments, t) == expected(state, mine, t)


def test_nothing_is_written_of_what_no_window_reaches() -> None:
    state = view((0,), ids=False)
    assert bulk_deltas(state, facts_of(state, [Row(1, 1, 0.1, 1, "a")]), floor=30 * SECOND, lead=0) == []
    entity = Entity(state)
    entity.append([Row(1, 1, 0.1, 1, "a")])
    entity.compact(30 * SECOND, 0)
    assert entity.document == b""


def test_a_small_document_stays_raw_and_small_partials_join() -> None:
    state = view((4,), ids=False)
    entity, known = flood(state, 10, Policy())
    entity.compact(50 * SECOND, 0)
    assert not opened(state, entity.document).tiles
    entity.policy = TINY
    for _ in range(3):
        entity.append(known)
        entity.compact(50 * SECOND, 0)
    (tile,) = opened(state, entity.document).tiles
    assert (tile.count, tile.segment) == (40, None)


def test_a_tile_without_its_segment_cannot_be_compacted() -> None:
    state = view((4,), ids=True)
    entity = Entity(state)
    entity.append([Row(at, at, 0.1, 1, "a", str(at)) for at in range(20, 30)])
    entity.compact(30 * SECOND, 0)
    entity.append([Row(26, 30, 0.2, 1, "a", "26")])
    with pytest.raises(OnlineError, match=r"the segment [0-9a-f]+ of a tile is not there"):
        compacted(state, entity.document, {}, floor=33 * SECOND, lead=0, policy=TINY)


def test_a_tile_is_divided_before_a_boundary_passes_it_so_that_reads_need_no_segment() -> None:
    state = view((9,), ids=False)  # 15s
    policy = Policy(raw_bytes=0, tile_events=64, tile_bytes=1 << 20, fewest=40, most_tiles=4)
    entity = Entity(state, policy)
    known = [Row(at // 8, at // 8, float(at), at, "a") for at in range(320)]
    entity.append(known)
    entity.compact(36 * SECOND, SECOND)
    (crossed,) = [
        tile for tile in opened(state, entity.document).tiles if tile.first < 25 * SECOND <= tile.last
    ]
    entity.compact(37 * SECOND, 4 * SECOND, ceiling=39 * SECOND)
    assert crossed.segment not in entity.segments
    folder = Folder(state, [each.name for each in state.features])
    for t in range(39 * SECOND, 41 * SECOND, SECOND // 4):
        assert not isinstance(folder.fold([entity.document], t), Needed)
    check(entity, known, range(37 * SECOND, 60 * SECOND, SECOND), "divided")


def test_a_boundary_that_passes_many_events_has_small_tiles() -> None:
    state = view((9,), ids=False)
    policy = Policy(raw_bytes=0, parted_bytes=0, tile_events=64, tile_bytes=1 << 20, fewest=40, most_tiles=4)
    entity = Entity(state, policy)
    known = [Row(at // 32, at // 32, float(at), at, "a") for at in range(1280)]
    entity.append(known)
    for floor in (30, 36, 37):
        entity.compact(floor * SECOND, 4 * SECOND, ceiling=(floor + 1) * SECOND)
        check(entity, known, range(floor * SECOND, 60 * SECOND, SECOND), f"small, from {floor} s on")
    assert len(opened(state, entity.document).raw) <= 320
