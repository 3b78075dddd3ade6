"""The client on real stores: the same values, from many threads, with asyncio, and when a server fails."""

from __future__ import annotations

import asyncio
import signal
import threading
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

import zipline as zl
from tests.online.client.world import START, World
from tests.services import redis as services
from zipline.errors import StoreUnavailable
from zipline.online.stores.opening import open_store
from zipline.settings import OnlineSettings

AT = START + timedelta(days=2)
ASKED = [
    {"op_carrier": carrier, "origin": "JFK", "dest": dest, "number": 2, "miles": 250.0, "cabin": "F"}
    for carrier in ("UA", "AA", None)
    for dest in ("LAX", "SFO")
]


@pytest.fixture(params=["embedded", "redis_server", "redis_cluster", "redis_sentinel"])
def loaded(
    request: pytest.FixtureRequest, tmp_path: Path, redis_prefix: str
) -> Iterator[tuple[str, str, World]]:
    """Return a store's URL, the prefix of its keys, and the world that is loaded into it."""
    url = (
        f"embedded:{tmp_path}/online"
        if request.param == "embedded"
        else request.getfixturevalue(request.param)
    )
    store = open_store(url, OnlineSettings(prefix=redis_prefix, timeout_us=20_000_000))
    world = World(tmp_path / "shop", store)
    world.load("delay_model", shards=3)
    yield url, redis_prefix, world
    store.close()


def test_every_store_gives_the_same(loaded: tuple[str, str, World], client: zl.OnlineClient) -> None:
    url, prefix, world = loaded
    expected = client.get_many("delay_model", ASKED, at=AT)
    with zl.OnlineClient(url, prefix=prefix, timeout="20s", clock=lambda: world.clock) as mine:
        assert mine.get_many("delay_model", ASKED, at=AT).equals(expected)
        one = mine.get("delay_model", ASKED[0], at=AT)
        assert [one[name] for name in one] == [
            dict(value) if name.endswith("by_dest_6h") else value
            for name, value in expected.slice(0, 1).select(list(one)).to_pylist()[0].items()
        ]

    async def read() -> Any:
        async with zl.AsyncOnlineClient(url, prefix=prefix, timeout="20s", clock=lambda: world.clock) as twin:
            assert await twin.services() == ["delay_model@1"]
            assert (await twin.service("delay_model")).title == "delay_model@1"
            several = await asyncio.gather(*(twin.get("delay_model", each, at=AT) for each in ASKED))
            return await twin.get_many("delay_model", ASKED, at=AT), several

    table, several = asyncio.run(read())
    assert table.equals(expected)
    assert [dict(each) for each in several] == [
        dict(client.get("delay_model", each, at=AT)) for each in ASKED
    ]


def test_the_store_of_a_repository(tmp_path: Path) -> None:
    world = World(tmp_path / "shop", open_store(f"embedded:{tmp_path}/shop/.zipline/online"))
    world.load("small_model")
    with world.store.online() as client:
        assert client.get("small_model", {"op_carrier": "UA"}, at=AT)["carriers__count_1d"] > 0
    with world.store.online("embedded:.zipline/online") as client:
        assert client.services() == ["small_model@1"]


def test_threads_share_a_client(loaded: tuple[str, str, World]) -> None:
    url, prefix, world = loaded
    with zl.OnlineClient(url, prefix=prefix, timeout="20s", clock=lambda: world.clock) as client:
        expected = [dict(client.get("delay_model", each, at=AT)) for each in ASKED]
        wrong: list[Any] = []

        def read() -> None:
            for _ in range(10):
                for each, values in zip(ASKED, expected, strict=True):
                    if (got := dict(client.get("delay_model", each, at=AT))) != values:
                        wrong.append(got)

        threads = [threading.Thread(target=read) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert wrong == []


def test_a_server_that_does_not_answer_or_is_gone(tmp_path: Path) -> None:
    with services.redis_server() as server:
        store = open_store(server.url, OnlineSettings(timeout_us=20_000_000))
        world = World(tmp_path / "shop", store)
        world.load("small_model")
        assert server.process is not None
        with zl.OnlineClient(server.url, timeout="100ms") as client:
            before = client.get("small_model", {"op_carrier": "UA"}, at=AT)
            server.process.send_signal(signal.SIGSTOP)
            try:
                begun = time.monotonic()
                with pytest.raises(StoreUnavailable, match="did not answer in time"):
                    client.get("small_model", {"op_carrier": "UA"}, at=AT)
                assert time.monotonic() - begun < 5
            finally:
                server.process.send_signal(signal.SIGCONT)
        with zl.OnlineClient(server.url, timeout="20s") as client:
            assert dict(client.get("small_model", {"op_carrier": "UA"}, at=AT)) == dict(before)
            server.kill()
            with pytest.raises(StoreUnavailable, match="cannot be reached"):
                client.get("small_model", {"op_carrier": "UA"}, at=AT)
        store.close()
