"""Whatever is called, in whatever order: the stores give the same answers, and hold the same in the end."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from zipline.online.calls import (
    NOWHERE,
    Append,
    AppendFacts,
    Call,
    Compact,
    CreateShard,
    DropShard,
    GetEntry,
    IndexAdd,
    IndexCommit,
    ListEntities,
    ListEntries,
    PutEntry,
    Read,
    ReadAll,
    ReadMeta,
    SetReady,
    Shard,
)
from zipline.online.stores.base import Store
from zipline.online.stores.memory import MemoryStore
from zipline.online.stores.opening import open_store
from zipline.settings import OnlineSettings

SHARDS = [Shard("v@1.1", 0), Shard("v@1.1", 1), Shard("w@1.1", 0)]
LOGS = ["a:t:0", "a:t:1", "b"]
shards = st.sampled_from(SHARDS)
logs = st.sampled_from(LOGS)
offsets = st.integers(NOWHERE, 4)
times = st.sampled_from([-(2**63), -5, 0, 7, 2**53, 2**53 + 1, 2**63 - 1])
names = st.sampled_from([b"", b"UA", b"\x00\xff", b"a:b"])
values = st.binary(max_size=4)
digests = values.map(lambda value: hashlib.sha1(value).digest())
pairs = st.lists(st.tuples(names, values), max_size=3, unique_by=lambda pair: pair[0]).map(tuple)
segments = st.lists(st.tuples(names, names, values), max_size=2, unique_by=lambda each: each[:2]).map(tuple)
id_digests = st.lists(st.tuples(names, digests), max_size=2, unique_by=lambda pair: pair[0]).map(tuple)
entries = st.sampled_from(["view/a@1", "view/a@2", "service/a"])


@st.composite
def compactions(draw: st.DrawFn) -> Compact:
    """A compaction whose digest is often that of what it says was read."""
    read = draw(values)
    length = draw(st.sampled_from([len(read), len(read), 0, 3]))
    return Compact(
        draw(shards), draw(names), length, hashlib.sha1(read).digest(), draw(values),
        draw(pairs), tuple(draw(st.sets(names, max_size=2))), draw(st.none() | times),
    )  # fmt: skip


writing = st.one_of(
    st.builds(CreateShard, shards, st.none() | times, times),
    st.builds(Append, shards, logs, offsets, offsets, times, pairs, segments, st.booleans()),
    st.builds(AppendFacts, shards, logs, offsets, offsets, times, pairs),
    compactions(),
    st.builds(SetReady, shards, st.lists(st.tuples(logs, offsets), max_size=2).map(tuple)),
    st.builds(IndexAdd, shards, logs, offsets, st.lists(st.tuples(names, values), max_size=4).map(tuple)),
    st.builds(IndexCommit, shards, logs, offsets, offsets, id_digests, id_digests),
    st.builds(PutEntry, entries, st.none() | values, values),
    st.builds(DropShard, shards),
)


def state() -> Iterator[Call]:
    """Return the calls that show all that these calls may have left."""
    known = [b"", b"UA", b"\x00\xff", b"a:b"]
    for shard in SHARDS:
        yield ReadMeta(shard)
        yield ListEntities(shard, 0, 100)
        yield IndexCommit(shard, "none", NOWHERE, 0, tuple((each, b"") for each in known))
    yield ReadAll(tuple(Read(s, tuple(known), tuple((e, n) for e in known for n in known)) for s in SHARDS))
    yield ListEntries("")
    for name in ("view/a@1", "view/a@2", "service/a"):
        yield GetEntry(name)


def answers(store: Store, made: Sequence[Call]) -> list[Any]:
    found = [store.do(call) for call in made]
    shown = [listed(store, call) if isinstance(call, ListEntities) else store.do(call) for call in state()]
    return found + shown


def listed(store: Store, call: ListEntities) -> list[bytes]:
    """Return all that a shard lists: a server that has much else may give it in many parts."""
    entities, cursor = set[bytes](), None
    while cursor != 0:
        answer = store.do(replace(call, cursor=cursor or 0))
        entities.update(answer.entities)
        cursor = answer.cursor
    return sorted(entities)


@pytest.mark.parametrize("kind", ["embedded", "redis_server", "redis_cluster"])
def test_a_store_answers_as_memory_does(kind: str, request: pytest.FixtureRequest, tmp_path: Path) -> None:
    url = None if kind == "embedded" else request.getfixturevalue(kind)

    @given(st.lists(writing, max_size=25).map(lambda calls: [CreateShard(SHARDS[0], None, 0), *calls]))
    @settings(max_examples=60)
    def same(calls: list[Call]) -> None:
        with TemporaryDirectory(dir=tmp_path) as folder:
            options = OnlineSettings(prefix=f"t{secrets.token_hex(4)}:", timeout_us=20_000_000)
            store = open_store(url or f"embedded:{folder}", options)
            try:
                assert answers(store, calls) == answers(MemoryStore(), calls)
            finally:
                store.close()

    same()
