"""The stores for asyncio read what the others wrote."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import pytest

from tests.online.stores.conftest import KINDS
from tests.online.stores.test_suite import S, created, write
from tests.services.redis import Server, cluster_url, knows_all, redis_cluster, redis_server
from zipline.errors import OnlineError, StoreUnavailable
from zipline.online.calls import (
    Call,
    CreateShard,
    GetEntry,
    ListEntities,
    ListEntries,
    PutEntry,
    Read,
    ReadAll,
    ReadMeta,
    Shard,
)
from zipline.online.steps import Steps, run_async
from zipline.online.stores.base import AsyncStore
from zipline.online.stores.opening import open_async_store, open_store
from zipline.settings import OnlineSettings

Work = Callable[[AsyncStore], Coroutine[Any, Any, Any]]


def with_store(url: str, work: Work, *, prefix: str = "zl:", timeout_us: int = 20_000_000) -> Any:
    """Return what work on an asyncio store returns."""

    async def whole() -> Any:
        store = open_async_store(url, OnlineSettings(prefix=prefix, timeout_us=timeout_us))
        try:
            return await work(store)
        finally:
            await store.close()

    return asyncio.run(whole())


@pytest.mark.parametrize("kind", KINDS[1:])
def test_reading_gives_the_same_as_without_asyncio(
    kind: str, request: pytest.FixtureRequest, tmp_path: Path, redis_prefix: str
) -> None:
    url = f"embedded:{tmp_path}/online" if kind == "embedded" else request.getfixturevalue(kind)
    store = open_store(url, OnlineSettings(prefix=redis_prefix, timeout_us=20_000_000))
    shards = [Shard(f"v{number}@1.1", number) for number in range(8)]
    for shard in shards:
        created(store, shard)
        write(store, [(b"UA", shard.fill.encode() * 10_000)], shard)
    store.do(PutEntry("a", None, b"x"))
    calls: list[Call] = [
        ReadMeta(shards[0]), Read(shards[1], (b"UA",)), ReadAll(tuple(Read(s, (b"UA", b"DL")) for s in shards)),
        ReadAll(()), GetEntry("a"), GetEntry("b"), ListEntries(""), ListEntities(shards[2], 0, 10),
    ]  # fmt: skip
    expected = [store.do(call) for call in calls]
    store.close()

    async def work(found: AsyncStore) -> list[Any]:
        await asyncio.gather(*(found.do(call) for call in calls * 4))
        return [await found.do(call) for call in calls]

    assert with_store(url, work, prefix=redis_prefix) == expected


def test_steps_run_on_it(redis_server: str, redis_prefix: str) -> None:
    def steps() -> Steps[bytes | None]:
        names = yield ListEntries("")
        entry: bytes | None = yield GetEntry("".join(names))
        return entry

    store = open_store(redis_server, OnlineSettings(prefix=redis_prefix))
    store.do(PutEntry("a", None, b"x"))
    store.close()
    assert with_store(redis_server, lambda found: run_async(steps(), found), prefix=redis_prefix) == b"x"


def test_it_does_not_write(redis_server: str) -> None:
    with pytest.raises(
        OnlineError, match="an asyncio store only reads\nHint: write with a store of `open_store`"
    ):
        with_store(redis_server, lambda store: store.do(CreateShard(S, None, 0)))


def test_a_slow_server_is_given_up_and_its_late_reply_is_nobodys() -> None:
    with redis_server() as server:
        store = open_store(server.url, OnlineSettings(timeout_us=20_000_000))
        store.do(PutEntry("a", None, b"first"))
        store.do(PutEntry("b", None, b"second"))
        store.close()

        async def work(found: AsyncStore) -> bytes:
            assert await found.do(GetEntry("a")) == b"first"
            server.process.send_signal(signal.SIGSTOP)
            try:
                with pytest.raises(StoreUnavailable, match="it did not answer in time"):
                    await found.do(GetEntry("a"))
                waiting = asyncio.create_task(found.do(GetEntry("a")))
                await asyncio.sleep(0)
                await asyncio.sleep(0)
                waiting.cancel()
                with pytest.raises(asyncio.CancelledError):
                    await waiting
            finally:
                server.process.send_signal(signal.SIGCONT)
            answer: bytes = await found.do(GetEntry("b"))
            return answer

        assert with_store(server.url, work, timeout_us=200_000) == b"second"
        server.kill()
        with pytest.raises(
            StoreUnavailable, match=f"redis://127.0.0.1:{server.port}/0: it cannot be reached: "
        ):
            with_store(server.url, lambda found: found.do(GetEntry("a")))


def test_a_cluster_with_a_server_that_ended() -> None:
    with redis_cluster() as servers:
        reads = ReadAll(tuple(Read(Shard(f"v{number}@1.1", 0), (b"UA",)) for number in range(20)))

        async def work(found: AsyncStore) -> Any:
            assert len(await found.do(reads)) == 20
            servers[1].kill()
            with pytest.raises(StoreUnavailable, match=f"Redis at 127.0.0.1:{servers[1].port}: "):
                await found.do(reads)
            servers[1].start()
            servers[1].wait(knows_all)
            return await found.do(reads)

        assert len(with_store(cluster_url(servers), work)) == 20


@pytest.mark.parametrize(
    ("who", "told"),
    [
        ("", "name user and password in the URL"),
        (":wrong@", "user or password are not those of the server"),
        ("ann:secret@", "user or password are not those of the server"),
    ],
)
def test_who_may_not_come_in_is_told_so(locked: Server, who: str, told: str) -> None:
    url = f"redis://{who}127.0.0.1:{locked.port}/3"
    with pytest.raises(StoreUnavailable) as caught:
        with_store(url, lambda found: found.do(GetEntry("a")))
    assert told in str(caught.value)
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize("who", [":secret@", "default:secret@"])
def test_a_password_and_a_database(locked: Server, who: str) -> None:
    url = f"redis://{who}127.0.0.1:{locked.port}/3"
    store = open_store(url, OnlineSettings(timeout_us=20_000_000))
    store.do(PutEntry("a", None, b"x"))
    store.close()
    assert with_store(url, lambda found: found.do(GetEntry("a"))) == b"x"
    assert with_store(url.replace("/3", "/4"), lambda found: found.do(GetEntry("a"))) is None


@pytest.fixture(scope="module")
def locked() -> Iterator[Server]:
    with redis_server(requirepass="secret") as server:
        yield server


def test_it_runs_on_uvloop(redis_server: str, redis_prefix: str) -> None:
    uvloop = pytest.importorskip("uvloop")

    async def work() -> Any:
        store = open_async_store(redis_server, OnlineSettings(prefix=redis_prefix, timeout_us=20_000_000))
        try:
            return await asyncio.gather(*(store.do(ReadMeta(S)) for _ in range(50)))
        finally:
            await store.close()

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        assert runner.run(work()) == [None] * 50


@asynccontextmanager
async def played(answer: Callable[[bytes], bytes | None]) -> AsyncIterator[tuple[str, list[int]]]:
    """Yield the URL of a server that answers what it reads, None to end, and a list that counts connections."""
    connections: list[int] = []
    ends: list[asyncio.Event] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connections.append(len(connections))
        ends.append(end := asyncio.Event())
        with suppress(ConnectionError):
            while (words := await reader.read(1000)) and (said := answer(words)) is not None:
                writer.write(said)
            writer.close()
            await writer.wait_closed()
        end.set()

    async with await asyncio.start_server(serve, "127.0.0.1", 0) as server:
        yield f"redis://127.0.0.1:{server.sockets[0].getsockname()[1]}/0", connections
        for end in ends:
            await end.wait()


@pytest.mark.parametrize(
    ("said", "told"),
    [
        (b"what is this?\r\n", "ProtocolError: "),
        (None, "it cannot be reached: the server has closed the connection"),
    ],
)
def test_something_that_is_no_redis(said: bytes | None, told: str) -> None:
    async def work() -> None:
        async with played(lambda _: said) as (url, _):
            store = open_async_store(url, OnlineSettings(timeout_us=20_000_000))
            with pytest.raises(StoreUnavailable, match=f"{url}: {told}"):
                await store.do(GetEntry("a"))
            await store.close()

    asyncio.run(work())


def test_tasks_that_come_while_one_connects_wait_for_the_same_connection() -> None:
    def answer(words: bytes) -> bytes:
        return b"+PONG\r\n" if b"PING" in words else b"$1\r\nx\r\n" * words.count(b"HGET")

    async def work() -> tuple[list[Any], list[int]]:
        async with played(answer) as (url, connections):
            store = open_async_store(url, OnlineSettings(timeout_us=20_000_000))
            tasks = [asyncio.create_task(store.do(GetEntry("a"))) for _ in range(10)]
            await asyncio.sleep(0)
            tasks[0].cancel()
            found = await asyncio.gather(*tasks, return_exceptions=True)
            await store.close()
        return found, connections

    (cancelled, *found), connections = asyncio.run(work())
    assert isinstance(cancelled, asyncio.CancelledError)
    assert found == [b"x"] * 9
    assert len(connections) == 1
