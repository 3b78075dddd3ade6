"""Versions are told apart by a kernel as plain Python tells them apart."""

from __future__ import annotations

import random

import numpy as np
import pytest

from tests.online.state.model import CORRECTIONS, view
from zipline.online.state.encoding import Stub, stub_records
from zipline.online.state.layout import FOREVER, STUB
from zipline.online.state.records import Records, joined
from zipline.online.state.resolution import next_known, resolution

IDS = (b"", b"a", b"b", b"ab", b"a" * 40)
RANKS = (b"", b"\x00", b"\x01", b"\x01\x00", b"\xff", b"\x01" * 9)


def in_python(records: Records, owners: list[int]) -> tuple[list[int], list[bool]]:
    until, stands = records.until.tolist(), [True] * len(records)
    known, ranks, stubs = records.known.tolist(), records.ranks, records.stubs.tolist()
    ids: dict[tuple[int, bytes], dict[tuple[int, bytes], list[int]]] = {}
    for row, identity in enumerate(records.ids):
        if identity:
            versions = ids.setdefault((owners[row], identity), {})
            versions.setdefault((known[row], ranks[row]), []).append(row)
    for versions in ids.values():
        order = sorted(versions)
        for version, end in zip(order, next_known(order, CORRECTIONS * 1_000_000), strict=True):
            first, *others = sorted(versions[version], key=lambda row: (stubs[row], row))
            until[first] = min(end, until[first], *(until[row] for row in others))
            for row in others:
                stands[row] = False
    return until, stands


def random_records(rng: random.Random, count: int) -> Records:
    made = [
        Stub(
            rng.choice(IDS),
            rng.choice(RANKS),
            0,
            rng.randrange(12) * 1_000_000,
            rng.choice((FOREVER, 3_000_000)),
        )
        for _ in range(count)
    ]
    cut = rng.randrange(count + 1)
    layout = view((0,), ids=True).layout
    records = joined(layout, [stub_records(layout, made[:cut], 0), stub_records(layout, made[cut:], 0)])
    whole = np.array([rng.random() < 0.7 for _ in made], np.bool_)
    words = records.words.copy()
    words[whole, 3] &= ~np.uint64(STUB)
    return Records(layout, words, records.heap)


@pytest.mark.parametrize("seed", range(40))
def test_versions_are_told_apart_as_in_python(seed: int) -> None:
    rng = random.Random(seed)
    records = random_records(rng, rng.choice((0, 1, 2, 5, 40, 300)))
    owners = [rng.randrange(3) for _ in range(len(records))]
    until, stands = resolution(view((0,), ids=True), records, np.array(owners, np.int64))
    expected = in_python(records, owners)
    assert stands.tolist() == expected[1]
    assert until[stands].tolist() == [each for each, there in zip(*expected, strict=True) if there]


def test_records_of_one_entity_need_no_owners() -> None:
    records = random_records(random.Random(7), 60)
    until, stands = resolution(view((0,), ids=True), records)
    assert (until.tolist(), stands.tolist()) == tuple(
        map(np.ndarray.tolist, resolution(view((0,), ids=True), records, np.zeros(60, np.int64)))
    )
    assert not stands.all()
