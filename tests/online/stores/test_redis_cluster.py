"""Slots that move, servers that end: a cluster under our calls."""

from __future__ import annotations

import signal
from collections.abc import Iterator, Sequence
from typing import Any

import pytest
from redis.crc import key_slot
from redis.exceptions import AskError, MovedError

from tests.online.stores.test_redis_faults import opened, refusal
from tests.online.stores.test_suite import LOG, created, document, drop, everything, write
from tests.services.redis import Server, cluster_url, knows_all, redis_cluster
from zipline.errors import OnlineError, StoreUnavailable
from zipline.online.calls import (
    Appended,
    AppendFacts,
    Fetched,
    ListEntries,
    PutEntry,
    Read,
    ReadAll,
    ReadMeta,
    Shard,
)
from zipline.online.stores.redis_calls import Command
from zipline.online.stores.redis_names import Names
from zipline.online.stores.redis_routes import Host, OneServer, Parcel, Slots

NAMES = Names("zl:")


@pytest.fixture(scope="module")
def servers() -> Iterator[list[Server]]:
    with redis_cluster() as made:
        yield made


@pytest.fixture
def clean(servers: list[Server]) -> list[Server]:
    for server in servers:
        with server.client() as client:
            client.flushall()
    return servers


def slot(shard: Shard) -> int:
    return key_slot(NAMES.shard(shard).meta)


def owner(shard: Shard) -> int:
    """Return which of the three servers has a shard at first."""
    return slot(shard) * 3 // 16384


def shards_of(number: int) -> list[Shard]:
    """Return some shards that one of the three servers has."""
    return [shard for at in range(100) if owner(shard := Shard(f"v{at}@1.1", 0)) == number][:4]


def say(server: Server, *words: object) -> Any:
    with server.client() as client:
        return client.execute_command(*words)


def name_of(server: Server) -> str:
    name: bytes = say(server, "CLUSTER", "MYID")
    return name.decode()


def test_one_read_asks_each_server_once_a_slot_and_all_at_once(clean: list[Server]) -> None:
    shards = [shard for number in range(3) for shard in shards_of(number)]
    with opened(cluster_url(clean)) as store:
        for shard in shards:
            created(store, shard)
            write(store, [(b"UA", shard.fill.encode())], shard)
        for server in clean:
            say(server, "CONFIG", "RESETSTAT")
        answer = store.do(ReadAll(tuple(Read(shard, (b"UA", b"DL")) for shard in shards)))
        assert answer == tuple(
            Fetched(b"0||0|flights:flights:0=9,9", (shard.fill.encode(), None)) for shard in shards
        )
        for server in clean:
            with server.client() as client:
                assert client.info("commandstats")["cmdstat_mget"]["calls"] == 4


def test_a_slot_that_has_moved_is_found(clean: list[Server]) -> None:
    (shard, *_), url = shards_of(0), cluster_url(clean)
    with opened(url) as store, opened(url) as other:
        created(store, shard)
        write(store, [(b"UA", b"ab")], shard)
        other.do(ReadMeta(shard))
        source, target = clean[0], clean[1]
        begin_to_move(shard, source, target)
        move_keys(shard, source, target)
        finish_moving(shard, source, target)
        try:
            for each in (store, other):
                assert document(each, b"UA", shard) is not None
                write(each, [(b"UA", b"cd")], shard)
            assert document(store, b"UA", shard) == b"abcdcd"
            assert everything(store, shard) == [b"UA"]
            drop(store, shard)
        finally:
            begin_to_move(shard, target, source)
            finish_moving(shard, target, source)


def test_a_slot_on_its_way_is_asked_for_where_it_is_and_never_written_to_by_halves(
    clean: list[Server],
) -> None:
    (shard, *_), url = shards_of(0), cluster_url(clean)
    source, target = clean[0], clean[1]
    names = NAMES.shard(shard)
    with opened(url) as store:
        created(store, shard)
        write(store, [(b"UA", b"ab"), (b"DL", b"cd")], shard)
        begin_to_move(shard, source, target)
        both = AppendFacts(shard, LOG, 0, 20, 9, ((b"UA", b"x"), (b"DL", b"x")))
        try:
            move_keys(shard, source, target, names.document(b"UA"))
            assert "a slot is on its way to another server: call again" in refusal(store, both)
            move_keys(shard, source, target)
            assert store.do(both) == Appended(True, 20, (3, 3))  # by ASK
            assert store.do(Read(shard, (b"UA", b"DL"))).documents == (b"abx", b"cdx")
        finally:
            move_keys(shard, source, target)
            finish_moving(shard, source, target)
        assert store.do(Read(shard, (b"UA", b"DL"))).documents == (b"abx", b"cdx")
        drop(store, shard)
        begin_to_move(shard, target, source)
        finish_moving(shard, target, source)


def begin_to_move(shard: Shard, source: Server, target: Server) -> None:
    say(target, "CLUSTER", "SETSLOT", slot(shard), "IMPORTING", name_of(source))
    say(source, "CLUSTER", "SETSLOT", slot(shard), "MIGRATING", name_of(target))


def move_keys(shard: Shard, source: Server, target: Server, *keys: bytes) -> None:
    found = keys or say(source, "CLUSTER", "GETKEYSINSLOT", slot(shard), 1000)
    if found:
        say(source, "MIGRATE", "127.0.0.1", target.port, "", 0, 20_000, "KEYS", *found)


def finish_moving(shard: Shard, source: Server, target: Server) -> None:
    for server in (target, source):
        say(server, "CLUSTER", "SETSLOT", slot(shard), "NODE", name_of(target))


def test_the_rights_that_are_enough_in_a_cluster(clean: list[Server]) -> None:
    rights = "~zl:* +@read +@write +@scripting +@connection +info +bgrewriteaof +cluster|slots"
    for server in clean:
        say(server, "ACL", "SETUSER", "worker", "on", ">secret", *rights.split())
    with opened(cluster_url(clean).replace("://", "://worker:secret@")) as store:
        for number in range(3):
            shard = shards_of(number)[0]
            created(store, shard)
            write(store, [(b"UA", b"ab")], shard)
            assert document(store, b"UA", shard) == b"ab"
            drop(store, shard)


def test_a_server_that_is_slow_makes_the_whole_read_an_error(clean: list[Server]) -> None:
    reads = ReadAll(tuple(Read(shards_of(number)[0], (b"UA",)) for number in range(3)))
    with opened(cluster_url(clean), timeout=0.1) as store:
        store.do(reads)
        clean[2].process.send_signal(signal.SIGSTOP)
        try:
            told = refusal(store, reads)
        finally:
            clean[2].process.send_signal(signal.SIGCONT)
        assert told.startswith(f"Redis at 127.0.0.1:{clean[2].port}: it did not answer in time")
    with opened(cluster_url(clean)) as store:
        assert store.do(reads) == (Fetched(None, (None,)),) * 3


def test_the_catalog_is_in_one_place(clean: list[Server]) -> None:
    with opened(cluster_url(clean)) as store:
        for name in ("service/a@1", "service/b@1", "view/a@1"):
            store.do(PutEntry(name, None, b"x"))
        assert store.do(ListEntries("service/")) == ("service/a@1", "service/b@1")


def test_a_server_that_ends_takes_its_shards_with_it_and_no_others() -> None:
    with redis_cluster() as servers, opened(cluster_url(servers), timeout=5.0) as store:
        for server in servers:
            say(server, "CONFIG", "SET", "cluster-require-full-coverage", "no")
        shards = [shards_of(number)[0] for number in range(3)]
        for shard in shards:
            created(store, shard)
            write(store, [(b"UA", b"ab")], shard)
        servers[0].kill()
        assert f"Redis at 127.0.0.1:{servers[0].port}: it cannot be reached: " in refusal(
            store, ReadMeta(shards[0])
        )
        for shard in shards[1:]:  # the slots are asked for again, from the others
            write(store, [(b"UA", b"cd")], shard)
        with opened(cluster_url(servers), timeout=5.0) as new:
            assert document(new, b"UA", shards[1]) == b"abcd"
        servers[0].start()
        servers[0].wait(knows_all)
        write(store, [(b"UA", b"ef")], shards[0])


def test_no_server_of_a_cluster_answers() -> None:
    with redis_cluster() as servers:
        url = cluster_url(servers)
    with opened(url) as store:
        assert "it cannot be reached: " in refusal(store, ReadMeta(Shard("v@1.1", 0)))


def test_a_server_that_is_no_cluster(redis_server: str) -> None:
    if "?" in redis_server or redis_server.count("/") > 2:
        pytest.skip("the URL that is given says more than a host")
    with opened(redis_server.replace("redis://", "redis+cluster://")) as store:
        assert "cluster support disabled" in refusal(store, ReadMeta(Shard("v@1.1", 0)))


# --- routes, with replies that are played


def play(
    routes: OneServer | Slots, commands: Sequence[Command], *turns: list[list[Any]]
) -> tuple[Any, list[Any]]:
    """Return the replies that commands get, and all parcels that were sent."""
    routed = routes.exchange(commands)
    sent = [next(routed)]
    for answers in turns:
        try:
            sent.append(routed.send(answers))
        except StopIteration as end:
            return end.value, sent
    raise AssertionError("more is to be sent")


SLOTS = [[0, 8191, [b"one", 1, b"id"]], [8192, 16383, [b"", 2, b"id"], [b"replica", 3, b"id"]]]
LOW, HIGH = Command(b"zl:{3}", ("GET", "low")), Command(b"zl:{a}", ("GET", "high"))


def hosts(parcels: Sequence[Parcel]) -> dict[Host | None, list[Any]]:
    return {parcel.host: list(parcel.commands) for parcel in parcels}


def test_commands_go_to_the_servers_of_their_slots() -> None:
    assert key_slot(LOW.key) < 8192 <= key_slot(HIGH.key)
    slots = Slots([("seed", 9)], "cluster")
    replies, sent = play(slots, [HIGH, LOW, HIGH], [[SLOTS]], [[b"1", b"3"], [b"2"]])
    assert replies == [b"1", b"2", b"3"]
    assert list(map(hosts, sent)) == [
        {("seed", 9): [("CLUSTER", "SLOTS")]},
        {("seed", 2): [HIGH.words, HIGH.words], ("one", 1): [LOW.words]},
    ]


def test_redirections_are_followed_and_remembered() -> None:
    slots = Slots([("seed", 9)], "cluster")
    moved, ask = MovedError(f"{key_slot(LOW.key)} new:7"), AskError(f"{key_slot(HIGH.key)} :8")
    replies, sent = play(slots, [LOW, HIGH], [[SLOTS]], [[moved], [ask]], [[b"1"], [b"OK", b"2"]])
    assert replies == [b"1", b"2"]
    assert hosts(sent[2]) == {("new", 7): [LOW.words], ("seed", 8): [("ASKING",), HIGH.words]}
    _, sent = play(slots, [LOW, HIGH], [[b"1"], [b"2"]])
    assert list(hosts(sent[0])) == [("new", 7), ("seed", 2)]


def test_a_command_that_is_sent_on_and_on_is_given_up() -> None:
    slots = Slots([("seed", 9)], "cluster")
    moved = MovedError(f"{key_slot(LOW.key)} new:7")
    with pytest.raises(StoreUnavailable) as caught:
        play(slots, [LOW], [[SLOTS]], *[[[moved]]] * 20)
    assert str(caught.value) == (
        "cluster: a command was sent on 8 times\nHint: the cluster is being changed: call again"
    )


def test_a_slot_without_a_server_is_told() -> None:
    with pytest.raises(StoreUnavailable) as caught:
        play(Slots([("seed", 9)], "cluster"), [HIGH], [[SLOTS[:1]]])
    assert str(caught.value) == (
        f"cluster: slot {key_slot(HIGH.key)} of the cluster has no server\n"
        "Hint: see `redis-cli cluster info`; call again when it is served"
    )


def test_a_seed_that_is_lost_is_passed_over_and_a_lost_server_makes_us_ask_again() -> None:
    slots = Slots([("lost", 9), ("seed", 9)], "cluster")
    routed = slots.exchange([LOW])
    next(routed)
    assert hosts(routed.throw(StoreUnavailable("no"))) == {("seed", 9): [("CLUSTER", "SLOTS")]}
    routed.send([[SLOTS]])
    with pytest.raises(StoreUnavailable):
        routed.throw(StoreUnavailable("no"))
    assert hosts(next(slots.exchange([LOW]))) == {("one", 1): [("CLUSTER", "SLOTS")]}


def test_one_server_sends_no_redirections_that_we_would_follow() -> None:
    with pytest.raises(OnlineError, match="it refused: MOVED 5 new:7"):
        play(OneServer("redis"), [LOW], [[MovedError("5 new:7", status_code="MOVED")]])
