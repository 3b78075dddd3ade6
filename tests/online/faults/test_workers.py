"""Workers that are killed, share partitions, read all again, or are told a wrong time."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.online.faults.killing import kill_again_and_again
from tests.online.faults.shop import Shop, rows_of, until
from tests.online.faults.workers import ask_store, begin, working
from tests.services.kafka import Broker
from tests.services.redis import clear
from zipline.online import catalog
from zipline.online.calls import DropShard
from zipline.online.steps import run

KILLS = 50
"""For each of the seeds: 200 in all. `python -m tests.online.faults --kills 1000` does it more often."""


@pytest.fixture
def shop(kafka_broker: Broker, redis_server: str, redis_prefix: str, tmp_path: Path) -> Shop:
    """Return flights of which nothing is produced yet."""
    return Shop(kafka_broker, redis_server, redis_prefix, tmp_path)


@pytest.mark.parametrize("seed", [1, 2, 3, 4])
def test_killed_around_calls_of_the_store(
    kafka_broker: Broker, redis_server: str, redis_prefix: str, tmp_path: Path, seed: int
) -> None:
    kill_again_and_again(kafka_broker, redis_server, redis_prefix, tmp_path, KILLS, seed)


def test_two_workers_of_which_one_is_killed(shop: Shop) -> None:
    rows = rows_of(900, seed=2)
    shop.produce(rows[:300])
    with working(shop.job("together")):
        shop.wait()
        second = begin(shop.job("together"))
        shop.produce(rows[300:600])
        shop.wait()
        second.kill()
        second.join()
        shop.produce(rows[600:])
        shop.wait()  # the first gets the other's partitions when its session is over
    shop.check()


def test_all_is_read_again_from_the_first_offset(shop: Shop) -> None:
    """Another group, and a store that was emptied: what is written again is the same."""
    shop.produce(rows_of(500, seed=3))
    with working(shop.job()):
        shop.wait()
    shop.check()
    clear(shop.url, shop.prefix)
    shop.publish()
    with working(shop.job()):
        shop.wait()
    shop.check()


def test_offsets_of_one_shard_are_lost_and_all_is_read_again(shop: Shop) -> None:
    """One shard begins anew while the others have it all: nothing counts twice in them."""
    shop.produce(rows_of(400, seed=4))
    with working(shop.job()):
        shop.wait()
    with ask_store(shop.url, shop.prefix) as store:
        for view in shop.views:
            (fill,) = run(catalog.fills(view.name, 1), store)
            lost = DropShard(fill.shard(2))
            while not store.do(lost):
                pass
    with working(shop.job()):
        until(lambda: not shop.is_applied(), shop.applied)
        shop.wait()
    shop.check()


def test_a_clock_that_jumps(shop: Shop) -> None:
    rows = rows_of(600, seed=5)
    with working(shop.job(jumps=(0.0, 3600.0, -7200.0, 86_400.0, -3.0))):
        for at in range(0, len(rows), 200):
            shop.produce(rows[at : at + 200])
            shop.wait()
    shop.check(0.0)
