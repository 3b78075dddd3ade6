"""Reads of what was pushed: what is known is when it arrived, which only the log tells."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import pytest

import zipline as zl
from tests.services.kafka import Broker
from zipline.online.feature_log import FeatureLog

MODULE = """
import zipline as zl

taps = zl.EventSource(
    "taps", stream=zl.Push(), event_time="at", schema={"at": "timestamp", "user": "bigint", "price": "double"},
)
orders = zl.EventSource(
    "orders", stream=zl.Push(), event_time="at", id="order", corrections="1d",
    schema={"at": "timestamp", "user": "bigint", "order": "string", "price": "double"},
)
user = zl.Entity("user")
tapped = zl.FeatureView("tapped", entity=user, source=taps, online=True, features=[zl.Count(), zl.Sum("price")])
ordered = zl.FeatureView("ordered", entity=user, source=orders, online=True, features=[zl.Count(), zl.Sum("price")])
both = zl.FeatureService("both", [tapped, ordered])
"""


@pytest.fixture
def store(tmp_path: Path) -> zl.FeatureStore:
    """Return a repository whose events come by calls alone."""
    (tmp_path / "zipline.toml").write_text('[serve]\nlog = "reads"\n')
    (tmp_path / "features.py").write_text(MODULE)
    made = zl.FeatureStore(tmp_path)
    made.apply()
    return made


def stream(store: zl.FeatureStore) -> None:
    """Apply all that has been pushed."""
    worker, moment = store.stream(), time.time_ns() // 1000
    worker.run(lambda: worker.stop() if worker.is_caught_up(moment) else None)


def read(store: zl.FeatureStore, place: Path) -> list[dict[str, Any]]:
    """Read two users, and log what was read."""
    log, found = FeatureLog(str(place)), []
    with store.online() as client:
        for user in (1, 2):
            features = client.get("both", {"user": user})
            log.offer(client.service("both"), {"user": user}, features)
            found.append(dict(features))
    log.close()
    return found


def test_equal_then_behind_then_wrong(store: zl.FeatureStore, tmp_path: Path) -> None:
    store.push(
        "taps", [{"at": "2024-05-01", "user": 1, "price": 1.5}, {"at": "2024-05-02", "user": 2, "price": 2.0}]
    )
    store.push("orders", [{"at": "2024-05-01", "user": 1, "order": "a", "price": 10.0}])
    stream(store)
    first = read(store, tmp_path / "reads")
    assert [each["tapped__price_sum"] for each in first] == [1.5, 2.0]
    (found,) = store.verify("both")
    assert (found.reads, found.different, found.lag, found.unexplained) == (2, 0, 0, None)

    store.push("taps", [{"at": "2024-05-03", "user": 1, "price": 4.0}])
    store.push(
        "orders", [{"at": "2024-05-01", "user": 2, "order": "a", "price": 11.0}]
    )  # moved to another user
    assert read(store, tmp_path / "reads") == first  # nothing of it is applied yet
    (found,) = store.verify("both")
    assert (found.reads, found.different, found.unexplained) == (4, 0, None)
    assert {each.feature: each.lag for each in found.features} == {
        "tapped__count": 1, "tapped__price_sum": 1, "ordered__count": 2, "ordered__price_sum": 2,
    }  # fmt: skip

    stream(store)
    assert read(store, tmp_path / "reads")[0]["tapped__price_sum"] == 5.5
    (found,) = store.verify("both@1", newest=2)
    assert (found.reads, found.different, found.lag) == (2, 0, 0)


def test_the_same_through_a_broker(tmp_path: Path, kafka_broker: Broker) -> None:
    """Partitions are applied in any order, and each read says how far each of them was."""
    topics = {name: kafka_broker.topic(name, 2) for name in ("taps", "orders")}
    module = MODULE
    for name, topic in topics.items():
        module = module.replace(f'"{name}", stream=zl.Push()', f'"{name}", stream=zl.Kafka({topic!r})')
    (tmp_path / "zipline.toml").write_text(
        f'[serve]\nlog = "reads"\n[kafka]\nbootstrap_servers = "{kafka_broker.address}"\n'
    )
    (tmp_path / "features.py").write_text(module)
    store = zl.FeatureStore(tmp_path)
    store.apply()

    def produce(name: str, partition: int, *rows: dict[str, Any]) -> None:
        kafka_broker.produce(topics[name], *(json.dumps(row).encode() for row in rows), partition=partition)

    produce("taps", 0, {"at": "2024-05-01T00:00:00Z", "user": 1, "price": 1.5})
    produce("taps", 1, {"at": "2024-05-02T00:00:00Z", "user": 1, "price": 2.0})
    produce("orders", 1, {"at": "2024-05-01T00:00:00Z", "user": 1, "order": "a", "price": 10.0})
    stream(store)
    first = read(store, tmp_path / "reads")
    assert [each["tapped__price_sum"] for each in first] == [3.5, None]
    produce("orders", 0, {"at": "2024-05-01T00:00:00Z", "user": 2, "order": "a", "price": 11.0})
    assert read(store, tmp_path / "reads") == first
    (found,) = store.verify("both")
    assert (found.reads, found.different, found.unexplained) == (4, 0, None)
    lags = {each.feature: each.lag for each in found.features}
    assert lags == dict.fromkeys(lags, 0) | {"ordered__count": 2, "ordered__price_sum": 2}
    stream(store)
    assert [each["ordered__price_sum"] for each in read(store, tmp_path / "reads")] == [None, 11.0]
    (found,) = store.verify("both", newest=2)
    assert (found.different, found.lag) == (0, 0)


def test_a_log_that_was_lost_is_said_plainly(store: zl.FeatureStore, tmp_path: Path) -> None:
    store.push("taps", [{"at": "2024-05-01", "user": 1, "price": 1.5}])
    store.push("orders", [{"at": "2024-05-01", "user": 1, "order": "a", "price": 1.5}])
    stream(store)
    read(store, tmp_path / "reads")
    for file in (tmp_path / ".zipline" / "push").glob("taps*"):
        file.unlink()
    (found,) = zl.FeatureStore(tmp_path).verify("both")
    assert found.different == 2
    assert found.unexplained is not None
    assert "taps:push:0 ends at offset 0, and 1 had been applied" in found.unexplained
