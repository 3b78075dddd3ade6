"""Documents are kept small: those that grew, and the shards that fall to a worker."""

from __future__ import annotations

import time
from types import SimpleNamespace

import pytest

from tests.online.streams.definitions import delays, flights, state_of
from zipline.errors import OnlineError
from zipline.online.calls import Call, CreateShard, ListEntities, Read, Shard
from zipline.online.fills import Fill
from zipline.online.protocol.writing import Writer
from zipline.online.stores.base import Store
from zipline.online.stores.memory import MemoryStore
from zipline.online.streams import keeping
from zipline.online.streams.base import Partition
from zipline.online.streams.counts import Counts
from zipline.online.streams.decoding import Reading
from zipline.online.streams.keeping import Keeping, shards_of
from zipline.online.streams.tracks import Entry, Track

FILL = Fill("carrier_delays", 1, 1, 4, None, 0, "")


def track(number: int, of: int) -> Track:
    reading = Reading(state_of(delays(flights())), 0)
    partition = Partition("flights", number)
    return Track(partition, [Entry(reading, FILL, Writer(reading.state, FILL, partition.log("flights")))], of)


def kept(store: Store, said: list[str]) -> tuple[Keeping, Counts]:
    counts = Counts()
    return Keeping(store, counts, lambda: 10, said.append), counts


@pytest.mark.parametrize("partitions", [1, 2, 3, 7])
def test_each_shard_falls_to_one_partition(partitions: int) -> None:
    found = [shard for number in range(partitions) for shard in shards_of(track(number, partitions))]
    assert sorted(found) == list(FILL.all_shards)


def test_shards_are_walked_through_in_their_time(monkeypatch: pytest.MonkeyPatch) -> None:
    store, said = MemoryStore(), list[str]()
    for shard in FILL.all_shards:
        store.do(CreateShard(shard, None, 0))
    walked: list[Shard] = []
    do = store.do

    def noting(call: object) -> object:
        if isinstance(call, ListEntities):
            walked.append(call.shard)
        return do(call)  # type: ignore[arg-type]

    monkeypatch.setattr(store, "do", noting)
    keeps, _ = kept(store, said)
    tracks = [track(0, 1)]
    keeps.work(tracks)
    assert walked == []  # it has just begun
    monkeypatch.setattr(keeping, "TIDY_SECONDS", -1.0)
    monkeypatch.setattr(keeping, "WALK_SHARE", 1.0)
    keeps.work(tracks)
    assert set(walked) == set(FILL.all_shards)
    assert said == []


def test_a_document_that_cannot_be_decoded_is_told_and_left(monkeypatch: pytest.MonkeyPatch) -> None:
    store, said = MemoryStore(), list[str]()
    keeps, counts = kept(store, said)

    def broken(*_: object, **__: object) -> object:
        raise OnlineError("the document of b'UA' is damaged")
        yield

    monkeypatch.setattr(keeping, "compact", broken)
    (entry,) = track(0, 1).entries
    keeps.grown(entry, [b"UA", b"UA"])
    keeps.work([])
    keeps.work([])
    assert said == ["not compacted: the document of b'UA' is damaged"]
    assert counts.compacted == 0


def test_walks_take_a_moment_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    store, said = MemoryStore(), list[str]()
    monkeypatch.setattr(keeping, "TIDY_SECONDS", -1.0)

    def endless(*_: object, **__: object) -> object:
        while True:
            yield Read(FILL.shard(0), ())

    monkeypatch.setattr(keeping, "tidy", endless)
    keeps, _ = kept(store, said)
    before = time.monotonic()
    keeps.work([track(0, 1)])
    assert time.monotonic() - before < 5


def test_walks_take_a_small_share_of_all_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each shard is listed by looking at all keys of a server: the more there are, the rarer."""
    store, said, clock = MemoryStore(), list[str](), [0.0]
    monkeypatch.setattr(keeping, "TIDY_SECONDS", -1.0)
    monkeypatch.setattr(keeping, "time", SimpleNamespace(monotonic=lambda: clock[0], monotonic_ns=lambda: 0))
    spent = 0.0
    do = store.do

    def slow(call: Call) -> object:
        nonlocal spent
        clock[0] += 0.01
        spent += 0.01
        return do(call)

    monkeypatch.setattr(store, "do", slow)
    keeps, _ = kept(store, said)
    tracks = [track(0, 1)]
    for _ in range(2_000):
        keeps.work(tracks)
        clock[0] += 0.01
    assert 0.8 * keeping.WALK_SHARE < spent / clock[0] < 1.2 * keeping.WALK_SHARE
