"""What is large: values of 2 MB, and ten thousand keys in one read."""

from __future__ import annotations

from pathlib import Path
from random import Random

import pytest

import zipline as zl
from tests.online.faults.shop import Shop, rows_of
from tests.online.faults.workers import working
from tests.services.kafka import Broker

LARGE = 2_000_000
KEYS = 10_000


@pytest.fixture(params=["redis", "embedded"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Return the URL of a store."""
    if request.param == "embedded":
        return f"embedded:{tmp_path}/online"
    found: str = request.getfixturevalue("redis_server")
    return found


def test_values_of_two_megabytes(kafka_broker: Broker, url: str, redis_prefix: str, tmp_path: Path) -> None:
    features = [
        zl.Last("note", nulls=True).over("1d"), zl.LastK("note", 2).over("1d"), zl.Max("note").over("1d"),
        zl.Count(by="note").over("6h"), zl.Count().over("1h"),
    ]  # fmt: skip
    takes = {"max.message.bytes": str(2 * LARGE)}  # of the topic: a broker's own limit is 1 MB
    shop = Shop(kafka_broker, url, redis_prefix, tmp_path, features=features, topic_settings=takes)
    random, rows = Random(8), rows_of(60, seed=8)
    for number in range(20, 60, 10):
        rows[number]["note"] = random.randbytes(LARGE // 2).hex()
    with working(shop.job()):
        shop.produce(rows)
        shop.wait()
    shop.check()
    found = [text for view in shop.views for text in shop.read(view, shop.end)]
    assert max(map(len, found)) > LARGE


def test_ten_thousand_keys_in_one_read(
    kafka_broker: Broker, redis_server: str, redis_prefix: str, tmp_path: Path
) -> None:
    """Some of them are of nobody, and one is asked for twice."""
    keys = [f"carrier {number}" for number in range(KEYS - 1)]
    shop = Shop(kafka_broker, redis_server, redis_prefix, tmp_path, keys=[*keys, keys[0]])
    random = Random(9)
    rows = rows_of(2000, seed=9)
    for row in rows:
        row["carrier"] = keys[2 * random.randrange(KEYS // 2)]
    with working(shop.job()):
        shop.produce(rows)
        shop.wait()
    shop.check(0.0)
