"""A Redis that comes back with a file that was cut in the middle of a step."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from redis.exceptions import ResponseError

from tests.online.stores.test_redis_faults import opened
from tests.online.stores.test_suite import LOG, S, created
from tests.services.redis import Server, redis_server
from zipline.errors import StoreUnavailable
from zipline.online.calls import NOWHERE, Append, Appended, Read, ReadMeta
from zipline.online.stores.redis_check import check_server

FIRST = Append(S, LOG, NOWHERE, 4, 1, ((b"UA", b"ab"), (b"DL", b"ef")))
SECOND = Append(S, LOG, 4, 9, 2, ((b"UA", b"cd"), (b"DL", b"gh")))


@pytest.fixture
def server() -> Iterator[Server]:
    with redis_server(appendfsync="always") as made:
        yield made


def cut_in_the_last_step(server: Server) -> None:
    """Cut the append-only file within the last script: between its first and its second APPEND."""
    files = (server.folder / "appendonlydir").glob("*.incr.aof")  # from Redis 7 on
    file = max(files, key=lambda each: int(each.name.split(".")[2]), default=server.folder / "appendonly.aof")
    written = file.read_bytes()
    step = written.rindex(b"MULTI")
    appends = [
        match.start() for match in re.finditer(rb"\*3\r\n\$6\r\nAPPEND", written) if match.start() > step
    ]
    file.write_bytes(written[: appends[1] + 5])


def documents(server: Server) -> tuple[bytes | None, ...]:
    with opened(server.url) as store:
        documents: tuple[bytes | None, ...] = store.do(Read(S, (b"UA", b"DL"))).documents
        return documents


def crash_and_go_on(server: Server, url: str) -> tuple[bytes | None, ...]:
    """Crash within a step, make it again from the log as the protocol does, crash once more; return the documents."""
    with opened(url) as store:
        created(store)
        store.do(FIRST)
        store.do(SECOND)
        server.kill()
        cut_in_the_last_step(server)
        server.start()
        assert store.do(ReadMeta(S)).logs[LOG].offset == 4
        assert documents(server) == (b"ab", b"ef")
        assert store.do(SECOND) == Appended(True, 9, (4, 4))
    server.kill()
    server.start()
    return documents(server)


def test_a_file_that_was_cut_within_a_step_is_mended_before_the_next(server: Server) -> None:
    assert crash_and_go_on(server, server.url) == (b"abcd", b"efgh")


def test_without_mending_it_the_step_is_there_twice(server: Server) -> None:
    assert crash_and_go_on(server, f"{server.url}?durable=no") != (b"abcd", b"efgh")


def test_a_server_is_mended_once_for_each_time_it_started(server: Server) -> None:
    def rewrites() -> int:
        with server.client() as client:
            return int(client.info("commandstats").get("cmdstat_bgrewriteaof", {}).get("calls", 0))

    for _ in range(2):
        for _ in range(2):
            with opened(server.url) as store:
                store.do(ReadMeta(S))
        assert rewrites() == 0  # reading asks for nothing
        for _ in range(2):
            with opened(server.url) as store:
                created(store)
        assert rewrites() == 1
        server.kill()
        server.start()


class Played:
    """A connection to a server whose INFO is played; it says why a rewrite is refused, if it is."""

    def __init__(self, *said: Mapping[str, str], refusal: str = "") -> None:
        self.said = list(said)
        self.refusal = refusal
        self.asked: list[str] = []

    def send_command(self, *words: str) -> None:
        self.asked.append(" ".join(words))

    def read_response(self) -> Any:
        if self.asked[-1] == "BGREWRITEAOF":
            if self.refusal:
                raise ResponseError(self.refusal)
            return b"started"
        if self.asked[-1] != "INFO persistence":
            return b"# Nothing\r\n"
        facts = self.said.pop(0) if len(self.said) > 1 else self.said[0]
        return "".join(f"{name}:{value}\r\n" for name, value in facts.items()).encode()


NEW = {
    "aof_enabled": "1", "aof_rewrite_in_progress": "0", "aof_rewrite_scheduled": "0",
    "aof_last_rewrite_time_sec": "-1", "aof_last_bgrewrite_status": "ok",
}  # fmt: skip
BUSY = {**NEW, "aof_rewrite_in_progress": "1"}
WAITING = {**NEW, "aof_rewrite_scheduled": "1"}
DONE = {**NEW, "aof_last_rewrite_time_sec": "0"}
FAILED = {**DONE, "aof_last_bgrewrite_status": "err"}


def check(connection: Played, timeout: float = 20.0) -> list[str]:
    check_server(connection, where="redis://h:1/0", durable=True, timeout=timeout)
    return [each for each in connection.asked if each == "BGREWRITEAOF"]


def test_a_rewrite_is_asked_for_where_none_is_done_or_on_its_way() -> None:
    assert check(Played(NEW, BUSY, DONE)) == ["BGREWRITEAOF"]
    assert check(Played(NEW, WAITING, BUSY, DONE)) == ["BGREWRITEAOF"]
    assert check(Played(BUSY, DONE)) == []
    assert check(Played(WAITING, BUSY, DONE)) == []
    assert check(Played(DONE)) == []
    assert check(Played(FAILED, BUSY, DONE)) == ["BGREWRITEAOF"]


def test_another_writer_may_have_asked_first() -> None:
    refusal = "Background append only file rewriting already in progress"
    assert check(Played(NEW, BUSY, DONE, refusal=refusal)) == ["BGREWRITEAOF"]
    with pytest.raises(ResponseError, match="no permissions"):
        check(Played(NEW, refusal="this user has no permissions"))


def test_a_rewrite_that_takes_long_is_not_waited_for() -> None:
    with pytest.raises(StoreUnavailable) as caught:
        check(Played(NEW, BUSY), timeout=0.02)
    assert str(caught.value) == (
        "redis://h:1/0: it has started anew and is rewriting its append-only file\n"
        "Hint: call again when it has: `redis-cli info persistence` shows aof_rewrite_in_progress:0"
    )


def test_a_rewrite_that_fails_is_told() -> None:
    with pytest.raises(StoreUnavailable, match="it cannot rewrite its append-only file\nHint: see its log"):
        check(Played(NEW, FAILED))
