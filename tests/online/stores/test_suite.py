"""What every store must do, on every store."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

import pytest

from zipline.errors import OnlineError
from zipline.online.calls import (
    NOWHERE,
    Append,
    Appended,
    AppendFacts,
    Applied,
    Compact,
    CreateShard,
    DropShard,
    Fetched,
    GetEntry,
    Gone,
    IndexAdd,
    IndexCommit,
    Listed,
    ListEntities,
    ListEntries,
    Meta,
    PutEntry,
    Read,
    ReadAll,
    ReadMeta,
    SetReady,
    Sets,
    Shard,
)
from zipline.online.markers import parse_marker
from zipline.online.stores.base import Store
from zipline.online.stores.meaning import MOST_IN_STEP

S = Shard("carrier_delays@2.1", 3)
OTHER = Shard("carrier_delays@2.1", 4)
LOG = "flights:flights:0"
ANY_BYTE = bytes(range(256))
FIRST, LAST = -(2**63), 2**63 - 1


def digest(data: bytes) -> bytes:
    return hashlib.sha1(data).digest()


def created(store: Store, shard: Shard = S, cut: int | None = None, floor: int = 0) -> None:
    store.do(CreateShard(shard, cut, floor))


def write(
    store: Store, documents: Iterable[tuple[bytes, bytes]], shard: Shard = S, log: str = LOG
) -> Appended:
    """Append wherever the log stands."""
    meta: Meta = store.do(ReadMeta(shard))
    start = meta.logs[log].offset if log in meta.logs else NOWHERE
    answer = store.do(Append(shard, log, start, start + 10, start + 10, tuple(documents)))
    assert isinstance(answer, Appended)
    assert answer.done
    return answer


def document(store: Store, entity: bytes, shard: Shard = S) -> bytes | None:
    fetched: Fetched = store.do(Read(shard, (entity,)))
    return fetched.documents[0]


def everything(store: Store, shard: Shard = S, count: int = 3) -> list[bytes]:
    """Return the entities of a shard as listing gives them."""
    found: list[bytes] = []
    cursor = 0
    while True:
        listed: Listed = store.do(ListEntities(shard, cursor, count))
        found += listed.entities
        cursor = listed.cursor
        if cursor == 0:
            return found


def drop(store: Store, shard: Shard = S) -> None:
    while not store.do(DropShard(shard)):
        pass


# --- shards


def test_a_shard_is_not_there_until_it_is_made(store: Store) -> None:
    assert store.do(ReadMeta(S)) is None
    assert store.do(Read(S, (b"UA",))) == Fetched(None, (None,))
    assert store.do(CreateShard(S, 5, -7)) == Meta(ready=False, cut=5, floor=-7)
    assert store.do(ReadMeta(S)) == Meta(ready=False, cut=5, floor=-7)
    assert store.do(Read(S, ())) == Fetched(b"0|5|-7", ())
    assert store.do(ReadMeta(OTHER)) is None


def test_a_shard_is_made_once(store: Store) -> None:
    created(store, cut=5, floor=7)
    write(store, [(b"UA", b"x")])
    before = store.do(ReadMeta(S))
    assert store.do(CreateShard(S, None, 9)) == before
    assert document(store, b"UA") == b"x"


@pytest.mark.parametrize("cut", [None, FIRST, -1, 0, LAST])
@pytest.mark.parametrize("floor", [FIRST, 0, LAST])
def test_times_are_kept_to_the_microsecond(store: Store, cut: int | None, floor: int) -> None:
    created(store, cut=cut, floor=floor)
    store.do(Append(S, LOG, NOWHERE, LAST, FIRST))
    meta = store.do(ReadMeta(S))
    assert meta == Meta(ready=False, cut=cut, floor=floor, logs={LOG: Applied(LAST, FIRST)})
    marker = parse_marker(store.do(Read(S, ())).marker)
    assert (marker.cut, marker.floor, marker.logs) == (meta.cut, meta.floor, meta.logs)


# --- appending


def test_appending_moves_the_offset_with_the_data(store: Store) -> None:
    created(store)
    first = store.do(Append(S, LOG, NOWHERE, 4, 100, ((b"UA", b"ab"), (b"DL", ANY_BYTE))))
    assert first == Appended(True, 4, (2, 256))
    assert store.do(Append(S, LOG, 4, 9, 200, ((b"UA", b"cd"),))) == Appended(True, 9, (4,))
    assert store.do(ReadMeta(S)).logs == {LOG: Applied(9, 200)}
    assert store.do(Read(S, (b"DL", b"UA", b"WN"))) == Fetched(
        b"0||0|flights:flights:0=9,200", (ANY_BYTE, b"abcd", None)
    )


@pytest.mark.parametrize("start", [NOWHERE, 3, 5, 40])
def test_appending_somewhere_else_than_the_log_stands_does_nothing(store: Store, start: int) -> None:
    created(store)
    store.do(Append(S, LOG, NOWHERE, 4, 100, ((b"UA", b"ab"),)))
    assert store.do(Append(S, LOG, start, 50, 300, ((b"UA", b"cd"),))) == Appended(False, 4)
    assert document(store, b"UA") == b"ab"
    assert store.do(ReadMeta(S)).logs == {LOG: Applied(4, 100)}


def test_the_first_step_of_a_log_begins_nowhere(store: Store) -> None:
    created(store)
    assert store.do(Append(S, LOG, 0, 4, 100, ((b"UA", b"ab"),))) == Appended(False, NOWHERE)
    assert document(store, b"UA") is None


def test_without_deltas_only_the_offset_moves(store: Store) -> None:
    created(store)
    assert store.do(Append(S, LOG, NOWHERE, 4, 100)) == Appended(True, 4, ())
    assert store.do(ReadMeta(S)).logs == {LOG: Applied(4, 100)}


def test_an_offset_may_go_back_but_a_watermark_may_not(store: Store) -> None:
    created(store)
    store.do(Append(S, LOG, NOWHERE, 4, 100))
    assert store.do(Append(S, LOG, 4, 2, 50)) == Appended(True, 2)
    assert store.do(ReadMeta(S)).logs == {LOG: Applied(2, 100)}
    assert parse_marker(store.do(Read(S, ())).marker).logs == {LOG: Applied(2, 100)}


@pytest.mark.parametrize(
    ("lower", "greater"),
    [
        (2**53, 2**53 + 1),
        (FIRST, FIRST + 1),
        (-10, 9),
        (9, 10),
        (-10, -9),
        (10**16 - 1, 10**16),
        (-(10**16), 1 - 10**16),
    ],
)
def test_watermarks_are_compared_to_the_microsecond(store: Store, lower: int, greater: int) -> None:
    created(store)
    store.do(Append(S, LOG, NOWHERE, 1, lower))
    store.do(Append(S, LOG, 1, 2, greater))
    assert store.do(ReadMeta(S)).logs[LOG].watermark == greater
    store.do(Append(S, LOG, 2, 3, lower))
    assert store.do(ReadMeta(S)).logs[LOG].watermark == greater


def test_each_log_has_its_own_offset(store: Store) -> None:
    created(store)
    logs = ["b:t:0", "a:t:10", "a:t:1", "a-b:t:1", "B:t:0", "ä:t:0", "a=1,2:t:0", "a", "a=1,2"]
    for number, log in enumerate(logs):
        assert store.do(Append(S, log, NOWHERE, number, number)) == Appended(True, number)
        assert parse_marker(store.do(Read(S, ())).marker).logs == store.do(ReadMeta(S)).logs
    assert store.do(Append(S, "a", 7, 70, 71)) == Appended(True, 70)
    assert store.do(ReadMeta(S)).logs == {log: Applied(n, n) for n, log in enumerate(logs)} | {
        "a": Applied(70, 71)
    }
    marker = store.do(Read(S, ())).marker
    assert marker.decode().split("|")[3:] == sorted(
        (f"{log}={n},{n}" if log != "a" else "a=70,71" for n, log in enumerate(logs)),
        key=lambda x: x.rpartition("=")[0],
    )


def test_a_log_whose_name_would_tear_a_marker_is_refused(store: Store) -> None:
    created(store)
    for call in (
        Append(S, "a|b", NOWHERE, 1, 1),
        AppendFacts(S, "a|b", NOWHERE, 1, 1),
        IndexAdd(S, "a|b", NOWHERE, ()),
        IndexCommit(S, "a|b", NOWHERE, 1, ()),
    ):
        with pytest.raises(OnlineError, match=r"'a\|b' cannot be the name of a log"):
            store.do(call)


def test_a_step_has_so_many_deltas_at_most(store: Store) -> None:
    created(store)
    deltas = tuple((b"e%d" % number, b"x" * (number % 7)) for number in range(MOST_IN_STEP + 1))
    sizes = tuple(number % 7 for number in range(MOST_IN_STEP))
    assert store.do(Append(S, LOG, NOWHERE, 4, 1, deltas[:-1])) == Appended(True, 4, sizes)
    for call in (Append(S, LOG, 4, 5, 1, deltas), AppendFacts(S, LOG, 4, 5, 1, deltas)):
        with pytest.raises(OnlineError, match="20001 documents are appended to in one step; at most 20000"):
            store.do(call)
    assert store.do(ReadMeta(S)).logs[LOG].offset == 4


def test_large_values_and_any_names_come_back(store: Store) -> None:
    created(store)
    large = ANY_BYTE * 4096
    entities = (b"", ANY_BYTE, b"a:b", b"{x}", b"*?[]\\", b"\r\n", b"\x00")
    write(store, [(entity, large + entity) for entity in entities])
    assert store.do(Read(S, entities)).documents == tuple(large + entity for entity in entities)
    assert sorted(everything(store)) == sorted(entities)


# --- bulk


def test_bulk_has_its_own_offsets_and_writes_segments(store: Store) -> None:
    created(store)
    segments = ((b"UA", b"t1", b"one"), (b"UA:t1", b"", b"two"), (b"DL", ANY_BYTE, b""))
    call = Append(S, "bulk:flights", NOWHERE, 1, 0, ((b"UA", b"ab"),), segments, bulk=True)
    assert store.do(call) == Appended(True, 1, (2,))
    assert store.do(call) == Appended(False, 1)
    assert store.do(ReadMeta(S)) == Meta(ready=False, cut=None, floor=0, bulk={"bulk:flights": 1})
    asked = ((b"UA", b"t1"), (b"DL", ANY_BYTE), (b"UA", b"t2"))
    assert store.do(Read(S, (b"UA",), asked)) == Fetched(b"0||0", (b"ab",), (b"one", b"", None))
    assert everything(store) == [b"UA"]


def test_a_shard_is_ready_when_bulk_stands_where_it_must(store: Store) -> None:
    created(store, cut=5)
    wanted = SetReady(S, (("bulk:a", 2), ("bulk:b", 1)))
    assert store.do(wanted) is False
    store.do(Append(S, "bulk:a", NOWHERE, 2, 0, bulk=True))
    assert store.do(wanted) is False
    store.do(Append(S, "bulk:b", NOWHERE, 2, 0, bulk=True))
    assert store.do(wanted) is False
    store.do(Append(S, "bulk:b", 2, 1, 0, bulk=True))
    write(store, [])
    assert store.do(wanted) is True
    assert store.do(wanted) is True
    assert store.do(SetReady(S, (("bulk:c", 1),))) is True  # it is so already
    meta = store.do(ReadMeta(S))
    assert meta.ready
    assert store.do(Read(S, ())).marker == b"1|5|0|flights:flights:0=9,9"


def test_a_shard_without_bulk_is_ready_at_once_and_one_that_is_not_there_never(store: Store) -> None:
    assert store.do(SetReady(S)) is False
    created(store)
    assert store.do(SetReady(S)) is True
    assert parse_marker(store.do(Read(S, ())).marker).ready


# --- compaction


def test_compaction_replaces_what_was_read_and_keeps_what_came_after(store: Store) -> None:
    created(store)
    write(store, [(b"UA", ANY_BYTE)])
    write(store, [(b"UA", b"later")])
    assert store.do(Compact(S, b"UA", 256, digest(ANY_BYTE), b"head")) is True
    assert document(store, b"UA") == b"headlater"
    assert store.do(Compact(S, b"UA", 0, digest(b""), b"before ")) is True
    assert document(store, b"UA") == b"before headlater"


@pytest.mark.parametrize(
    ("length", "read"),
    [(4, b"abcx"), (3, b"abcd"), (5, b"abcde"), (5, b"abcd"), (0, b"a"), (4, b"")],
    ids=str,
)
def test_compaction_of_other_bytes_than_are_there_does_nothing(
    store: Store, length: int, read: bytes
) -> None:
    created(store)
    write(store, [(b"UA", b"abcd")])
    call = Compact(S, b"UA", length, digest(read), b"head", ((b"new", b"1"),), (), floor=5)
    assert store.do(call) is False
    assert store.do(Read(S, (b"UA",), ((b"UA", b"new"),))) == Fetched(
        b"0||0|flights:flights:0=9,9", (b"abcd",), (None,)
    )


def test_compaction_writes_and_drops_segments_in_the_same_step(store: Store) -> None:
    created(store)
    old = ((b"UA", b"1", b"one"), (b"UA", b"2", b"two"), (b"DL", b"1", b"other"))
    store.do(Append(S, "bulk:a", NOWHERE, 1, 0, ((b"UA", b"ab"),), old, bulk=True))
    new = ((b"2", b"TWO"), (b"3", ANY_BYTE))
    assert store.do(Compact(S, b"UA", 2, digest(b"ab"), b"x", new, (b"1", b"2", b"4"))) is True
    names = tuple((b"UA", b"%d" % number) for number in range(1, 5))
    assert store.do(Read(S, (), (*names, (b"DL", b"1")))).segments == (None, b"TWO", ANY_BYTE, None, b"other")


def test_compaction_to_nothing_deletes_the_document(store: Store) -> None:
    created(store)
    write(store, [(b"UA", b"ab"), (b"DL", b"cd")])
    assert store.do(Compact(S, b"UA", 2, digest(b"ab"), b"")) is True
    assert document(store, b"UA") is None
    assert everything(store) == [b"DL"]
    assert store.do(Compact(S, b"UA", 0, digest(b""), b"")) is True  # nothing was there, and still is not


def test_a_floor_only_rises_and_readers_see_it(store: Store) -> None:
    created(store, floor=10)
    write(store, [(b"UA", b"ab")])
    for floor, expected in ((None, 10), (5, 10), (2**53 + 1, 2**53 + 1), (2**53, 2**53 + 1)):
        store.do(Compact(S, b"UA", 2, digest(b"ab"), b"ab", floor=floor))
        assert store.do(ReadMeta(S)).floor == expected
        assert parse_marker(store.do(Read(S, ())).marker).floor == expected


# --- listing and dropping


def test_every_entity_that_stays_is_listed_while_others_come_and_go(store: Store) -> None:
    created(store)
    staying = {b"stay%d" % number for number in range(60)}
    going = [b"go%d" % number for number in range(30)]
    write(store, [(entity, b"x") for entity in (*going[:15], *sorted(staying), *going[15:])])
    found: set[bytes] = set()
    cursor, turn = 0, 0
    while True:
        listed = store.do(ListEntities(S, cursor, 7))
        found.update(listed.entities)
        cursor, turn = listed.cursor, turn + 1
        if cursor == 0:
            break
        if going:
            store.do(Compact(S, gone := going.pop(), 1, digest(b"x"), b""))
            write(store, [(b"new%d" % turn, b"x"), (sorted(staying)[turn], b"y")])
            assert document(store, gone) is None
    assert found >= staying


def test_a_listing_knows_only_its_own_shard(store: Store) -> None:
    assert store.do(ListEntities(S, 0, 10)).entities == ()
    for shard in (S, OTHER, Shard("carrier_delays@2.10", 3), Shard("carrier_delays@2.1", 33)):
        created(store, shard)
        write(store, [(str(shard).encode(), b"x")], shard)
    assert everything(store) == [str(S).encode()]


def test_the_ids_of_the_index_are_listed_in_place_of_entities(store: Store) -> None:
    created(store)
    write(store, [(b"UA", b"ab")])
    store.do(IndexAdd(S, LOG, NOWHERE, ((b"UA", b"1"), (ANY_BYTE, b"1"), (b"i", b"1"))))
    found: list[bytes] = []
    cursor = 0
    while True:
        listed = store.do(ListEntities(S, cursor, 2, ids=True))
        found += listed.entities
        cursor = listed.cursor
        if cursor == 0:
            break
    assert sorted(found) == sorted([b"UA", ANY_BYTE, b"i"])
    assert everything(store) == [b"UA"]


def test_dropping_deletes_all_of_a_shard_and_nothing_else(store: Store) -> None:
    for shard in (S, OTHER):
        created(store, shard)
        segments = ((b"UA", b"1", b"one"),)
        store.do(Append(shard, "bulk:a", NOWHERE, 1, 0, ((b"UA", b"ab"),), segments, bulk=True))
        store.do(IndexAdd(shard, LOG, NOWHERE, ((b"id", b"v"),)))
    drop(store)
    assert store.do(ReadMeta(S)) is None
    assert store.do(Read(S, (b"UA",), ((b"UA", b"1"),))) == Fetched(None, (None,), (None,))
    assert document(store, b"UA", OTHER) == b"ab"
    created(store)
    assert everything(store) == []
    assert store.do(IndexAdd(S, LOG, NOWHERE, ((b"id", b"w"),))) == Sets({b"id": (b"w",)})
    drop(store)
    drop(store)


def test_more_keys_than_one_step_deletes_are_dropped_too(store: Store) -> None:
    created(store)
    for hundred in range(12):
        write(store, [(b"e%d" % (hundred * 100 + number), b"x") for number in range(100)])
    drop(store)
    assert everything(store) == []


def test_nothing_is_written_to_a_shard_that_is_gone(store: Store) -> None:
    created(store)
    write(store, [(b"UA", b"ab")])
    drop(store)
    assert store.do(Append(S, LOG, 9, 10, 1, ((b"UA", b"x"),))) == Gone()
    assert store.do(Append(S, "bulk:a", NOWHERE, 10, 1, ((b"UA", b"x"),), bulk=True)) == Gone()
    assert store.do(AppendFacts(S, LOG, NOWHERE, 10, 1, ((b"UA", b"x"),))) == Gone()
    assert store.do(IndexAdd(S, LOG, NOWHERE, ((b"id", b"v"),))) == Gone()
    assert store.do(IndexCommit(S, LOG, NOWHERE, 1, ())) == Gone()
    assert store.do(Compact(S, b"UA", 0, digest(b""), b"x", ((b"1", b"one"),), floor=9)) is False
    assert store.do(SetReady(S)) is False
    assert store.do(ReadMeta(S)) is None
    assert store.do(Read(S, (b"UA",), ((b"UA", b"1"),))) == Fetched(None, (None,), (None,))


# --- the id index


def test_the_index_collects_the_versions_of_an_id(store: Store) -> None:
    created(store)
    first = IndexAdd(S, LOG, NOWHERE, ((b"i", b"2"), (b"j", ANY_BYTE), (b"i", b"10"), (b"i", b"2")))
    assert store.do(first) == Sets({b"i": (b"10", b"2"), b"j": (ANY_BYTE,)})
    again = IndexAdd(S, LOG, NOWHERE, ((b"i", b""), (b"i", b"\xff"), (b"i", b"10"), (b"i", b"1")))
    assert store.do(again) == Sets({b"i": (b"", b"1", b"10", b"2", b"\xff")})
    assert store.do(IndexAdd(S, LOG, NOWHERE, ())) == Sets({})
    assert store.do(ReadMeta(S)).index == {}


def test_versions_are_in_the_order_of_their_bytes(store: Store) -> None:
    created(store)
    versions = [
        bytes([first, second]) for first in (0, 9, 65, 97, 128, 200, 255) for second in (0, 66, 98, 255)
    ]
    long = [b"x" * 100 + version for version in versions]
    answer = store.do(IndexAdd(S, LOG, NOWHERE, tuple((b"i", version) for version in (*long, *versions))))
    assert answer == Sets({b"i": tuple(sorted(versions + long))})


def test_the_index_moves_when_no_set_has_changed(store: Store) -> None:
    created(store)
    store.do(IndexAdd(S, LOG, NOWHERE, ((b"i", b"1"), (b"i", b"2"), (b"j", b"3"))))
    commit = IndexCommit(
        S, LOG, NOWHERE, 5, ((b"i", digest(b"12")), (b"j", digest(b"3")), (b"k", digest(b"")))
    )
    assert store.do(commit) == Appended(True, 5)
    assert store.do(ReadMeta(S)).index == {LOG: 5}
    assert store.do(IndexCommit(S, LOG, 5, 3, ())) == Appended(True, 5)  # the greater of both
    assert store.do(IndexCommit(S, LOG, 6, 9, ())) == Appended(False, 5)
    assert store.do(IndexAdd(S, LOG, 6, ((b"i", b"9"),))) == Appended(False, 5)
    assert store.do(IndexAdd(S, LOG, 5, ((b"i", b"9"),))) == Sets({b"i": (b"1", b"2", b"9")})
    assert store.do(IndexAdd(S, "other:t:0", 0, ())) == Appended(False, NOWHERE)


def test_sets_that_have_changed_come_back_and_nothing_moves(store: Store) -> None:
    created(store)
    store.do(IndexAdd(S, LOG, NOWHERE, ((b"i", b"1"), (b"j", b"3"))))
    sets = ((b"i", digest(b"12")), (b"j", digest(b"3")), (b"k", digest(b"x")))
    commit = IndexCommit(S, LOG, NOWHERE, 5, sets, dropped=((b"j", digest(b"3")),))
    assert store.do(commit) == Sets({b"i": (b"1",), b"k": ()})
    assert store.do(ReadMeta(S)).index == {}
    assert store.do(IndexAdd(S, LOG, NOWHERE, ((b"j", b"3"),))) == Sets({b"j": (b"3",)})


def test_sets_are_dropped_where_they_are_as_they_were(store: Store) -> None:
    created(store)
    store.do(IndexAdd(S, LOG, NOWHERE, ((b"i", b"1"), (b"j", b"3"))))
    dropped = ((b"i", digest(b"1")), (b"j", digest(b"x")), (b"k", digest(b"")))
    assert store.do(IndexCommit(S, LOG, NOWHERE, 5, (), dropped)) == Appended(True, 5)
    answer = store.do(IndexAdd(S, LOG, 5, ((b"i", b"2"), (b"j", b"4"))))
    assert answer == Sets({b"i": (b"2",), b"j": (b"3", b"4")})


def test_facts_are_appended_wherever_the_log_stands_at_least(store: Store) -> None:
    created(store)
    assert store.do(AppendFacts(S, LOG, 0, 4, 100, ((b"UA", b"ab"),))) == Appended(False, NOWHERE)
    assert store.do(AppendFacts(S, LOG, NOWHERE, 4, 100, ((b"UA", b"ab"),))) == Appended(True, 4, (2,))
    assert store.do(AppendFacts(S, LOG, 2, 3, 50, ((b"UA", b"cd"),))) == Appended(True, 4, (4,))
    assert store.do(AppendFacts(S, LOG, 5, 9, 200, ((b"UA", b"ef"),))) == Appended(False, 4)
    assert store.do(AppendFacts(S, LOG, 4, 2**53 + 1, 200)) == Appended(True, 2**53 + 1, ())
    assert store.do(AppendFacts(S, LOG, 4, 2**53, 150)) == Appended(True, 2**53 + 1, ())
    assert store.do(ReadMeta(S)).logs == {LOG: Applied(2**53 + 1, 200)}
    assert document(store, b"UA") == b"abcd"


# --- reading many


def test_many_reads_are_answered_in_their_order(store: Store) -> None:
    shards = [Shard(f"view{number}@1.1", number % 4) for number in range(12)]
    for shard in shards[:-1]:
        created(store, shard, floor=shard.number)
        store.do(
            Append(
                shard,
                "bulk:a",
                NOWHERE,
                1,
                0,
                ((b"UA", shard.fill.encode()),),
                ((b"UA", b"1", b"one"),),
                True,
            )
        )
    reads = [Read(shard, (b"UA", b"DL", b"UA"), ((b"UA", b"1"), (b"UA", b"2"))) for shard in shards]
    answer = store.do(ReadAll((*reads, *reads[:2], Read(shards[0], ()))))
    expected = [
        Fetched(b"0||%d" % shard.number, (shard.fill.encode(), None, shard.fill.encode()), (b"one", None))
        for shard in shards[:-1]
    ]
    assert answer == (
        *expected,
        Fetched(None, (None,) * 3, (None, None)),
        *expected[:2],
        Fetched(b"0||0", ()),
    )
    assert store.do(ReadAll(())) == ()


# --- the catalog


def test_an_entry_is_written_where_it_is_as_it_was_read(store: Store) -> None:
    assert store.do(GetEntry("service/a@1")) is None
    assert store.do(PutEntry("service/a@1", b"", b"no")) is False
    assert store.do(PutEntry("service/a@1", None, ANY_BYTE)) is True
    assert store.do(PutEntry("service/a@1", None, b"two")) is False
    assert store.do(PutEntry("service/a@1", b"other", b"two")) is False
    assert store.do(GetEntry("service/a@1")) == ANY_BYTE
    assert store.do(PutEntry("service/a@1", ANY_BYTE, b"two")) is True
    assert store.do(GetEntry("service/a@1")) == b"two"
    assert store.do(PutEntry("service/a@1", b"two", b"")) is True
    assert store.do(GetEntry("service/a@1")) is None
    assert store.do(PutEntry("service/a@1", None, b"")) is True


def test_entries_are_listed_by_how_they_begin(store: Store) -> None:
    assert store.do(ListEntries("")) == ()
    for name in ("view/b@1", "view/a@10", "view/a@1", "service/a@1", "view*", "vie", "view/ä@1"):
        store.do(PutEntry(name, None, b"x"))
    assert store.do(ListEntries("view/a@")) == ("view/a@1", "view/a@10")
    assert store.do(ListEntries("view/")) == ("view/a@1", "view/a@10", "view/b@1", "view/ä@1")
    assert len(store.do(ListEntries(""))) == 7
