"""Spark that is killed with its JVM and executors, and streams that pass from one kind of worker to another."""

from __future__ import annotations

import signal
from pathlib import Path

from tests.online.faults.shop import Shop, rows_of, until
from tests.online.faults.workers import ask_store, working
from tests.online.spark.drivers import SECONDS, driving
from tests.services.kafka import Broker
from zipline.online import catalog
from zipline.online.calls import DropShard
from zipline.online.steps import run

POINTS = ((14, 0.0), (24, -1.0))
"""Around which call of the store an executor ends it all, and when: while documents are written, and between an id's
documents and its index."""


def test_killed_and_handed_over(
    kafka_broker: Broker, redis_server: str, redis_prefix: str, tmp_path: Path
) -> None:
    """A worker, Spark killed at each point, Spark again, a worker: each goes on where the state stands.

    While it is quiet, the store loses a shard of each view: a query reads again what that one lacks.
    """
    rows = rows_of(1000, seed=11)
    shop = Shop(kafka_broker, redis_server, redis_prefix, tmp_path)
    parts = len(POINTS) + 3
    stages = iter(rows[at * len(rows) // parts : (at + 1) * len(rows) // parts] for at in range(parts))
    shop.produce(next(stages))
    with working(shop.job()):
        shop.wait()
    for calls, when in POINTS:
        shop.produce(next(stages))
        with driving(shop.job(calls=calls, when=when)) as process:
            assert process.wait(SECONDS) == -signal.SIGKILL
        assert not shop.is_applied()
    shop.produce(next(stages))
    with driving(shop.job()):
        shop.wait()
        _lose_a_shard(shop)
        until(lambda: not shop.is_applied(), shop.applied)
        shop.wait()
    shop.check()
    shop.produce(next(stages))
    with working(shop.job()):
        shop.wait()
    shop.check()


def _lose_a_shard(shop: Shop) -> None:
    with ask_store(shop.url, shop.prefix) as store:
        for view in shop.views:
            (fill,) = run(catalog.fills(view.name, 1), store)
            while not store.do(DropShard(fill.shard(2))):
                pass
