"""Versions that move: own versions and stubs, made from the index's sets, say what all versions together say."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from random import Random

import pytest

from tests.online.state.model import CORRECTIONS, SECOND, WINDOWS, Row, expected, facts_of, folded, view
from tests.online.state.test_compaction import Entity, rows
from zipline.errors import OnlineError
from zipline.online.state.facts import Facts
from zipline.online.state.index import Version, additions, parse_version, placed, settled
from zipline.online.state.view_state import ViewState

ENTITIES = (b"a", b"b", None)


class Index:
    """Sets of versions as the store would hold them, and the documents that they lead to."""

    def __init__(self, state: ViewState) -> None:
        self.state = state
        self.sets: dict[bytes, set[bytes]] = defaultdict(set)
        self.entities = {b"a": Entity(state), b"b": Entity(state)}

    def write(self, facts: Facts) -> None:
        added = additions(facts)
        for identity, version in added:
            self.sets[identity].add(version)
        sets = {identity: tuple(sorted(self.sets[identity])) for identity, _ in added}
        for entity, delta in placed(self.state, facts, sets):
            self.entities[entity].document += delta


def moved(state: ViewState, known: Sequence[tuple[Row, bytes | None]]) -> Facts:
    return replace(facts_of(state, [row for row, _ in known]), entities=[entity for _, entity in known])


def check(index: Index, known: Sequence[tuple[Row, bytes | None]], t: int, what: str) -> None:
    """See that each entity's document is what all versions say of it: elsewhere, a version is no event here."""
    for name, entity in index.entities.items():
        mine = [row if place == name else replace(row, kept=False) for row, place in known]
        assert folded(index.state, entity.document, entity.segments, t) == expected(index.state, mine, t), (
            what
        )


@pytest.mark.parametrize("compacting", [False, True])
def test_stubs_end_versions_in_other_documents(compacting: bool) -> None:
    for number in range(12):
        random = Random(f"moves {compacting} {number}")
        index = Index(view(tuple(sorted(random.sample(range(len(WINDOWS)), 2))), ids=True))
        arriving = [(row, random.choice(ENTITIES)) for row in rows(random, 30, ids=True)]
        known: list[tuple[Row, bytes | None]] = []
        floor = 0
        while arriving:
            count = random.randint(1, 6)
            batch, arriving = arriving[:count], arriving[count:]
            batch = [each for each in batch if floor - each[0].known * SECOND <= CORRECTIONS * SECOND]
            if not batch:
                continue
            known += batch
            index.write(moved(index.state, batch))
            if random.random() < 0.3:
                index.write(moved(index.state, batch))  # a step that was done twice
            if compacting and random.random() < 0.6:
                floor = max(floor, random.randrange(40) * SECOND)
                for entity in index.entities.values():
                    entity.compact(floor, 0)
        for t in range(floor, 60 * SECOND, 4 * SECOND):
            check(index, known, t, f"case {number}, t={t}")


def test_a_version_is_its_bytes() -> None:
    for version in (
        Version(7, b"", -5, b"UA"),
        Version(-(2**62), b"rank", 2**62, None),
        Version(0, b"r", 0, b""),
    ):
        assert parse_version(version.to_bytes()) == version
    early, late = Version(-1, b"z", 0, b"e").to_bytes(), Version(1, b"a", 0, b"e").to_bytes()
    assert early < late


@pytest.mark.parametrize(
    "stored", [b"", b"short", Version(1, b"rank", 1, b"e").to_bytes()[:-4], b"\xff" * 24]
)
def test_what_is_no_version_is_refused(stored: bytes) -> None:
    with pytest.raises(OnlineError, match="where a version of an id should be"):
        parse_version(stored)


def test_a_set_is_settled_when_all_of_it_is_past() -> None:
    versions = [Version(3, b"", 9, b"e").to_bytes(), Version(5, b"", 1, None).to_bytes()]
    assert settled(versions, 10)
    assert not settled(versions, 9)
