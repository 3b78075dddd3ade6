"""What a Redis can do to us, each on a real one: in words, in time, and never half of a step."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from socketserver import StreamRequestHandler, ThreadingTCPServer
from threading import Thread
from typing import Any

import pytest

from tests.online.stores.test_suite import LOG, S, created, document, drop, write
from tests.services.redis import Server, redis_server
from zipline.errors import OnlineError, StoreUnavailable
from zipline.online.calls import (
    NOWHERE,
    Append,
    Appended,
    CreateShard,
    GetEntry,
    ListEntities,
    PutEntry,
    Read,
    ReadAll,
    ReadMeta,
    Shard,
)
from zipline.online.stores.opening import open_store
from zipline.online.stores.redis import RedisStore
from zipline.online.stores.redis_address import parse_address

ROOT = Path(__file__).resolve().parents[3]
SLACK = 5.0
"""Seconds that a busy machine may need beyond a timeout."""


@contextmanager
def opened(url: str, timeout: float = 20.0) -> Iterator[RedisStore]:
    store = RedisStore(parse_address(url), timeout=timeout)
    yield store
    store.close()


def refusal(store: RedisStore, call: Any, kind: type[OnlineError] = StoreUnavailable) -> str:
    with pytest.raises(kind) as caught:
        store.do(call)
    assert "secret" not in str(caught.value)
    return str(caught.value)


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with redis_server() as made:
        yield made


@pytest.fixture
def clean(server: Server) -> Server:
    with server.client() as client:
        client.flushall()
        client.config_set("maxmemory", 0)
        client.config_set("maxmemory-policy", "noeviction")
        client.config_set("appendonly", "yes")
    return server


def test_a_server_that_ends_and_comes_back() -> None:
    with redis_server(appendfsync="always") as server, opened(server.url) as store:
        created(store)
        write(store, [(b"UA", b"ab")])
        server.kill()
        for call in (ReadMeta(S), Append(S, LOG, 9, 10, 1)):
            told = refusal(store, call)
            assert told.startswith(f"redis://127.0.0.1:{server.port}/0: it cannot be reached: ")
            assert "Hint: what was called may or may not have been applied" in told
        server.start()
        assert store.do(ReadMeta(S)).logs[LOG].offset == 9
        write(store, [(b"UA", b"cd")])
        assert document(store, b"UA") == b"abcd"


def test_a_server_that_does_not_answer_is_given_up_in_time(clean: Server) -> None:
    with opened(clean.url, timeout=0.1) as store, opened(clean.url) as patient:
        created(patient)
        patient.do(PutEntry("a", None, b"first"))
        patient.do(PutEntry("b", None, b"second"))
        assert store.do(GetEntry("a")) == b"first"
        clean.process.send_signal(signal.SIGSTOP)
        try:
            started = time.monotonic()
            told = refusal(store, GetEntry("a"))
            assert 0.1 <= time.monotonic() - started < 0.1 + SLACK
            assert "it did not answer in time" in told
            with opened(clean.url, timeout=0.1) as new:
                assert "it did not answer in time" in refusal(new, GetEntry("a"))
        finally:
            clean.process.send_signal(signal.SIGCONT)
        assert store.do(GetEntry("b")) == b"second"  # not the reply that came too late


def test_a_reply_that_nobody_waited_for_is_not_the_next_calls(
    clean: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    with opened(clean.url) as store:
        store.do(PutEntry("a", None, b"first"))
        store.do(PutEntry("b", None, b"second"))
        with monkeypatch.context() as patch:
            patch.setattr("zipline.online.stores.redis_lines.Line.reply", _interrupt)
            with pytest.raises(KeyboardInterrupt):
                store.do(GetEntry("a"))
        assert store.do(GetEntry("b")) == b"second"


def _interrupt(connection: object) -> None:
    raise KeyboardInterrupt


class NoRedis(StreamRequestHandler):
    """Greets as a Redis does, and answers what none would."""

    def handle(self) -> None:
        while words := self.request.recv(1000):
            self.request.sendall(b"+OK\r\n" if b"SETINFO" in words else b"what is this?\r\n")


@pytest.mark.parametrize("kind", ["redis", "redis+cluster"])
def test_something_that_is_no_redis(kind: str) -> None:
    with ThreadingTCPServer(("127.0.0.1", 0), NoRedis) as server:
        Thread(target=server.serve_forever, args=(0.01,)).start()
        try:
            with opened(f"{kind}://127.0.0.1:{server.server_address[1]}") as store:
                assert "ProtocolError: " in refusal(store, ReadMeta(S))
        finally:
            server.shutdown()


def test_nobody_listens() -> None:
    with redis_server() as server:
        url = server.url
    with opened(url, timeout=0.2) as store:
        assert "it cannot be reached: " in refusal(store, ReadMeta(S))


def test_a_name_that_no_host_has() -> None:
    with opened("redis://nowhere.invalid", timeout=0.2) as store:
        assert "redis://nowhere.invalid:6379/0: it cannot be reached: " in refusal(store, ReadMeta(S))


def test_who_may_not_come_in_is_told_so_without_the_password() -> None:
    with redis_server(requirepass="secret") as server:
        host = f"127.0.0.1:{server.port}"
        with opened(f"redis://{host}") as store:
            assert "name user and password in the URL" in refusal(store, ReadMeta(S))
        for who in (":secretly", "ann:secret"):
            with opened(f"redis://{who}@{host}") as store:
                assert "user or password are not those of the server" in refusal(store, ReadMeta(S))
                assert "user or password are not those of the server" in refusal(
                    store, CreateShard(S, None, 0)
                )
        with opened(f"redis://:secret@{host}") as store:
            created(store)
            write(store, [(b"UA", b"ab")])


def test_the_rights_that_the_hint_names_are_enough_and_fewer_are_not() -> None:
    rights = "~zl:* +@read +@write +@scripting +@connection +info +bgrewriteaof"
    with redis_server() as server, server.client() as client:
        host = f"127.0.0.1:{server.port}"
        client.execute_command("ACL", "SETUSER", "worker", "on", ">secret", *rights.split())
        client.execute_command("ACL", "SETUSER", "reader", "on", ">secret", "~zl:*", "+@read", "+@connection")
        client.execute_command("ACL", "SETUSER", "nobody", "on", ">secret", "~other:*", "+@all")
        with opened(f"redis://worker:secret@{host}") as store:
            created(store)
            write(store, [(b"UA", b"ab")])
            store.do(PutEntry("a", None, b"x"))
            assert store.do(ListEntities(S, 0, 10)).entities == (b"UA",)
        with opened(f"redis://reader:secret@{host}") as store:
            assert document(store, b"UA") == b"ab"
            assert rights in refusal(store, CreateShard(S, None, 0))
        with opened(f"redis://nobody:secret@{host}") as store:
            told = refusal(store, ReadMeta(S))
            assert told.startswith(f"redis://nobody@{host}/0: it refused: ")
            assert rights in told
        with opened(f"redis://worker:secret@{host}") as store:
            drop(store)


def test_a_replica_is_read_and_not_written_to(clean: Server) -> None:
    with redis_server(replicaof=f"127.0.0.1 {clean.port}") as replica, opened(clean.url) as primary:
        created(primary)
        write(primary, [(b"UA", b"ab")])
        replica.wait(lambda client: client.info("replication")["master_link_status"] == "up")
        with clean.client() as client:
            client.wait(1, 20_000)
        with opened(replica.url) as store:
            assert document(store, b"UA") == b"ab"
            told = refusal(store, Append(S, LOG, 9, 10, 1))
            assert "it is a replica, which cannot be written to\nHint: name the primary" in told


def test_one_that_becomes_a_replica_while_we_write_to_it_refuses(clean: Server) -> None:
    with opened(clean.url) as store, clean.client() as client:
        created(store)
        client.replicaof("127.0.0.1", "1")
        try:
            told = refusal(store, Append(S, LOG, NOWHERE, 10, 1))
        finally:
            client.replicaof("NO", "ONE")
        assert "name the primary, or use redis+sentinel://" in told
        before = client.info("stats")["total_connections_received"]
        assert store.do(Append(S, LOG, NOWHERE, 10, 1)) == Appended(True, 10)
        assert (
            client.info("stats")["total_connections_received"] == before + 1
        )  # asks anew who the primary is


@pytest.mark.parametrize("policy", ["allkeys-lru", "volatile-ttl"])
def test_a_server_that_evicts_is_not_written_to(clean: Server, policy: str) -> None:
    with clean.client() as client, opened(clean.url) as store:
        client.config_set("maxmemory-policy", policy)
        told = refusal(store, CreateShard(S, None, 0))
        assert f"its maxmemory-policy is {policy}, which would delete state and keep the offsets" in told
        assert store.do(ReadMeta(S)) is None  # reading goes on
    with opened(f"{clean.url}?durable=no") as store:
        assert policy in refusal(store, CreateShard(S, None, 0))


def test_a_server_without_a_file_is_not_written_to_unless_that_is_said(clean: Server) -> None:
    with clean.client() as client, opened(clean.url) as store:
        client.config_set("appendonly", "no")
        told = refusal(store, CreateShard(S, None, 0))
        assert "it keeps no append-only file: a restart would lose more than its last second" in told
        assert "CONFIG SET appendonly yes" in told
        with opened(f"{clean.url}?durable=no") as careless:
            created(careless)
        assert store.do(ReadMeta(S)) is not None


def test_a_full_memory_refuses_a_step_as_a_whole(clean: Server) -> None:
    with clean.client() as client, opened(clean.url) as store:
        created(store)
        write(store, [(b"UA", b"ab")])
        client.config_set("maxmemory", 1)
        told = refusal(store, Append(S, LOG, 9, 10, 1, ((b"UA", b"cd"), (b"DL", b"cd"))))
        assert "its memory is full: give it more `maxmemory`" in told
        assert store.do(Read(S, (b"UA", b"DL"))).documents == (b"ab", None)
        assert store.do(ReadMeta(S)).logs[LOG].offset == 9


def test_a_script_that_is_forgotten_is_told_again(clean: Server) -> None:
    with clean.client() as client, opened(clean.url) as store:
        created(store)
        for _ in range(2):
            client.script_flush()
            write(store, [(b"UA", b"x")])
        assert document(store, b"UA") == b"xx"


@pytest.mark.parametrize("kind", [b"d", b"m", b"r"])
def test_what_somebody_else_keeps_under_our_names_stops_a_step_before_it_begins(
    clean: Server, kind: bytes
) -> None:
    with clean.client() as client, opened(clean.url) as store:
        created(store)
        write(store, [(b"", b"ab"), (b"UA", b"ab")])
        tag = b"zl:{%b:%d}" % (S.fill.encode(), S.number)
        client.delete(tag + kind)
        client.lpush(tag + kind, "x")
        told = refusal(store, Append(S, LOG, 9, 10, 1, ((b"UA", b"cd"), (b"", b"cd"))), OnlineError)
        assert "it holds something else under a name of ours: " in told
        assert "give zipline a database of its own" in told
        client.delete(tag + kind)
        assert document(store, b"UA") == b"ab"


def test_documents_do_not_outgrow_a_value(clean: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("zipline.online.stores.redis_calls.LARGEST", 5)
    with opened(clean.url) as store:
        created(store)
        write(store, [(b"UA", b"abc"), (b"DL", b"abcd")])
        told = refusal(store, Append(S, LOG, 9, 10, 1, ((b"UA", b"de"), (b"DL", b"ef"))), OnlineError)
        assert told.startswith(f"shard 3 of {S.fill}: the document of b'DL' would become longer than ")
        assert "Hint: an exact window keeps all its events" in told
        assert document(store, b"UA") == b"abc"


def test_many_reads_are_one_round_trip(clean: Server) -> None:
    with clean.client() as client, opened(clean.url) as store:
        shards = [Shard(f"view{number}@1.1", number % 4) for number in range(20)]
        for shard in shards:
            created(store, shard)
        store.do(ReadAll(()))
        store.do(ReadMeta(S))
        client.config_resetstat()
        store.do(ReadAll(tuple(Read(shard, (b"UA", b"DL")) for shard in shards)))
        calls = {name: each["calls"] for name, each in client.info("commandstats").items()}
        assert calls.pop("cmdstat_mget") == 1
        assert set(calls) <= {"cmdstat_config|resetstat", "cmdstat_info"}


def test_threads_share_a_store(clean: Server) -> None:
    from concurrent.futures import ThreadPoolExecutor

    with opened(clean.url) as store, ThreadPoolExecutor(8) as pool:
        for number in range(8):
            created(store, Shard("v@1.1", number))

        def work(number: int) -> bytes | None:
            for _ in range(20):
                write(store, [(b"UA", b"%d" % number)], Shard("v@1.1", number))
            return document(store, b"UA", Shard("v@1.1", number))

        assert list(pool.map(work, range(8))) == [b"%d" % number * 20 for number in range(8)]


FORK = """
import os, sys
from zipline.online.calls import GetEntry
from zipline.online.stores.redis import RedisStore
from zipline.online.stores.redis_address import parse_address

store = RedisStore(parse_address(sys.argv[1]), timeout=20)
store.do(GetEntry("a"))
child = os.fork()
name = "a" if child else "b"
assert {store.do(GetEntry(name)) for _ in range(500)} == {name.encode()}
if child:
    assert os.waitpid(child, 0)[1] == 0
"""


def test_parent_and_child_do_not_get_each_others_replies(clean: Server) -> None:
    with opened(clean.url) as store:
        store.do(PutEntry("a", None, b"a"))
        store.do(PutEntry("b", None, b"b"))
    subprocess.run([sys.executable, "-c", FORK, clean.url], check=True, cwd=ROOT, timeout=60)


def test_a_closed_store_opens_itself_again(clean: Server) -> None:
    store = open_store(clean.url)
    store.do(ReadMeta(S))
    store.close()
    assert store.do(ReadMeta(S)) is None
    store.close()
