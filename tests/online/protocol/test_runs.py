"""Runs: rows are cut between offsets, and no run touches too much of a shard."""

from __future__ import annotations

import random

import numpy as np
import pytest

from tests.online.simulation.rows import Row, facts_of
from zipline.online.protocol import runs as module
from zipline.online.protocol.runs import Places, after_cut, runs, unapplied


def placed(rows: list[tuple[int, bytes]]) -> Places:
    """Return the places of rows that are told by shard and key."""
    distinct = sorted(set(rows))
    codes = np.array([distinct.index(each) for each in rows], np.int64)
    return Places(codes, np.array([shard for shard, _ in distinct], np.int64))


@pytest.mark.parametrize("seed", range(50))
def test_runs_are_all_rows_cut_between_offsets(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST_DELTAS", 3)
    dice = random.Random(seed)
    count = dice.randint(0, 40)
    positions = np.sort(np.array([dice.randint(0, 30) for _ in range(count)], np.int64))
    places = [(dice.randint(0, 1), b"%d" % dice.randint(0, 9)) for _ in range(count)]
    found = list(runs(positions, 31, placed(places)))
    rows = [row for part, _ in found for row in range(part.start, part.stop)]
    assert rows == list(range(count))
    stops = [stop for _, stop in found]
    for (part, stop), following in zip(found, [*found[1:], None], strict=False):
        assert (positions[part] < stop).all()
        assert following is None or (positions[following[0]] >= stop).all()
        touched = {shard: {key for at, key in places[part] if at == shard} for shard in (0, 1)}
        alone = [places[at][0] for at in range(count) if positions[at] == positions[part.start]]
        assert all(len(keys) <= 3 or alone.count(shard) > 3 for shard, keys in touched.items())
    assert stops == sorted(stops)
    assert not found or stops[-1] == 31


def test_ids_are_counted_beside_documents(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST_DELTAS", 1)
    positions = np.arange(3, dtype=np.int64)
    documents = [(0, b"a")] * 3
    ids = [(1, b"x"), (1, b"y"), (1, b"y")]
    assert list(runs(positions, 3, placed(documents), placed(ids))) == [(slice(0, 1), 1), (slice(1, 3), 3)]


def test_a_shard_is_told_what_it_lacks() -> None:
    positions = np.array([4, 5, 5, 6], np.int64)
    assert unapplied(positions, np.array([0, 0, 1, 1], np.int64), [5, 6]).tolist() == [
        False,
        True,
        False,
        True,
    ]


def test_the_stream_leaves_out_what_bulk_brings() -> None:
    rows = [Row(b"a", 0, known, 1, known) for known in (4, 5, 6)]
    assert after_cut(facts_of(rows), None) is True
    assert np.asarray(after_cut(facts_of(rows), 5)).tolist() == [False, False, True]
    assert after_cut(facts_of([Row(b"a", 0, 4, 1, 4, b"i")]), 5) is True
