"""Servers that are killed, held up, or come back with less than they had."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path
from random import Random

import pytest

from tests.online.faults.shop import Shop, rows_of
from tests.online.faults.workers import working
from tests.services.kafka import Broker, broker
from tests.services.redis import Server, redis_server

PAUSE_SECONDS = 3.0
"""Beyond the time that workers give one call."""


@pytest.fixture(scope="module")
def own_broker() -> Iterator[Broker]:
    """Return a broker that may be killed."""
    with broker() as made:
        yield made


@pytest.fixture(scope="module")
def own_redis() -> Iterator[Server]:
    """Return a Redis that may be killed."""
    with redis_server(appendfsync="always") as made:
        yield made


@pytest.fixture
def shop(own_broker: Broker, own_redis: Server, redis_prefix: str, tmp_path: Path) -> Shop:
    """Return flights on servers that may be killed."""
    return Shop(own_broker, own_redis.url, redis_prefix, tmp_path)


def cut(server: Server, random: Random) -> int:
    """Cut the append-only file at a random byte of its second half; return how many bytes are lost."""
    files = (server.folder / "appendonlydir").glob("*.incr.aof")
    file = max(files, key=lambda each: int(each.name.split(".")[2]), default=server.folder / "appendonly.aof")
    size = file.stat().st_size
    kept = random.randrange(size // 2, size)
    os.truncate(file, kept)
    return size - kept


@pytest.mark.parametrize("seed", [1, 2])
def test_redis_comes_back_with_a_file_that_was_cut(shop: Shop, own_redis: Server, seed: int) -> None:
    random, rows = Random(seed), rows_of(300, seed)
    with working(shop.job()):
        shop.produce(rows[:200])
        shop.wait()
        own_redis.kill()
        assert cut(own_redis, random) > 0
        own_redis.start()
        shop.publish()  # of which some may have been lost as well
        shop.produce(rows[200:])
        shop.wait()
    shop.check()


def test_kafka_is_killed_and_started(shop: Shop, own_broker: Broker) -> None:
    rows = rows_of(400, seed=6)
    with working(shop.job("killed")):
        shop.produce(rows[:200])
        shop.wait()
        own_broker.kill()
        own_broker.start()
        shop.produce(rows[200:])
        shop.wait()
    shop.check()


def held(process: int) -> Iterator[None]:
    """Hold a process up for a while."""
    os.kill(process, signal.SIGSTOP)
    try:
        time.sleep(PAUSE_SECONDS)
    finally:
        os.kill(process, signal.SIGCONT)
    yield


def test_servers_that_stand_still(shop: Shop, own_broker: Broker, own_redis: Server) -> None:
    """Redis, then the broker, then Redis again by its own command: each longer than a call may take."""
    rows = rows_of(800, seed=7)
    assert own_broker._process is not None
    with working(shop.job()):
        shop.produce(rows[:200])
        list(held(own_redis.process.pid))
        shop.produce(rows[200:400])
        list(held(own_broker._process.pid))
        shop.produce(rows[400:600])
        with own_redis.client() as client:
            client.execute_command("CLIENT", "PAUSE", int(PAUSE_SECONDS * 1000), "ALL")
        shop.produce(rows[600:])
        shop.wait()
    shop.check()
