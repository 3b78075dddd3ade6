"""Facts may come in any order and pieces, and be compacted at any time: a read sees what the rows say."""

from __future__ import annotations

import math
from collections.abc import Sequence
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
from zipline.online.state.document import compacted, deltas, expires, segments_of
from zipline.online.state.folding import Policy
from zipline.online.state.opened import opened
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
            row = replace(row, id=str(random.randrange(2 * count if count > 20 else count // 2)), rank=random.randrange(2))
            row = replace(row, kept=random.random() < 0.8)
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
        read = {name: self.segments[name] for name in segments_of(self.state, self.document)}
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


def check(entity: Entity, known: Sequence[Row], times: Sequence[int], what: str) -> None:
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
