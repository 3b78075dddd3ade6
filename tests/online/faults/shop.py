"""Flights in a real Kafka, workers in processes of their own, a real Redis, and what must be read from it."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

import pyarrow as pa

import zipline as zl
from tests.online.faults.workers import Job, ask_store
from tests.online.streams.definitions import FLIGHTS, record_of
from tests.online.test_worker import record, table_of
from tests.services.kafka import Broker
from zipline.dsl.feature_view import FeatureView
from zipline.errors import StoreUnavailable
from zipline.online import catalog
from zipline.online.calls import ReadMeta
from zipline.online.steps import run
from zipline.online.streams.fill_book import FillBook
from zipline.time import to_micros

START = datetime(2013, 1, 5, tzinfo=UTC)
CARRIERS = ("AA", "B6", "DL", "UA", "WN", "ZZ")
PARTITIONS = 2
SHARDS = 4
DAY = 86_400_000_000
SECONDS = 90
FEATURES = (
    zl.Count().over("1h"), zl.Sum("delay").over("1d"), zl.Mean("delay").over("6h"),
    zl.Max("distance").over("2d"), zl.LastK("number", 3).over("1d"),
)  # fmt: skip


def until(holds: Callable[[], bool], what: Callable[[], object], seconds: float = SECONDS) -> None:
    """Wait for something that will be so, and fail where it is not.

    Args:
        holds: whether it is; a store that is down is a no.
        what: is shown where it never is.
    """
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        try:
            if holds():
                return
        except StoreUnavailable:
            pass
        time.sleep(0.01)
    raise AssertionError(what())


def rows_of(count: int, seed: int) -> list[dict[str, Any]]:
    """Return flights as they become known: a tenth late, some corrected, moved to others, withdrawn, or told twice."""
    random, rows = Random(seed), list[dict[str, Any]]()
    for number in range(count):
        scheduled = START + timedelta(seconds=60 * number)
        known = scheduled + timedelta(
            seconds=random.randrange(86_400 if random.random() < 0.1 else 3600), microseconds=number
        )
        row = {
            "carrier": random.choice(CARRIERS[:-1]), "number": number, "scheduled": scheduled, "landed": known,
            "delay": random.choice([None, -1.5, 0.1, 0.2, 0.3, 1e16, -1e16]), "distance": random.randrange(3000),
            "cancelled": False, "note": None,
        }  # fmt: skip
        rows.append(row)
        if random.random() < 0.3:
            later = known + timedelta(seconds=random.randrange(1, 7200))
            carrier = random.choice([row["carrier"], random.choice(CARRIERS[:-1])])
            rows.append(
                row | {"landed": later, "carrier": carrier, "delay": 2.5, "cancelled": random.random() < 0.2}
            )
        if random.random() < 0.05:
            rows.append(dict(row))
    return sorted(rows, key=lambda row: row["landed"])


def views_of(topic: str, features: Sequence[Any] = FEATURES) -> list[FeatureView]:
    """Return a view of events, and one of flights that may be corrected, moved and withdrawn."""
    said: dict[str, Any] = {
        "stream": zl.Kafka(topic), "event_time": "scheduled", "knowledge_time": "landed", "schema": FLIGHTS,
    }  # fmt: skip
    events = zl.EventSource("events", **said)
    flights = zl.EventSource("flights", id="number", corrections="1d", deleted="cancelled", **said)
    carrier = zl.Entity("carrier")
    return [
        zl.FeatureView(name, entity=carrier, source=source, features=features, online=True)
        for name, source in (("of_events", events), ("of_flights", flights))
    ]


@dataclass
class Shop:
    """What one test works with.

    Args:
        broker: of its topic.
        url, prefix: of its store.
        folder: for dead letters.
        features: of its views.
        keys: the carriers that are read.
        partitions, topic_settings: of the topic.

    Attributes:
        rows: all that was produced.
        end: the clock: after all that was produced became known.
    """

    broker: Broker
    url: str
    prefix: str
    folder: Path
    features: Sequence[Any] = FEATURES
    keys: Sequence[str] = CARRIERS
    partitions: int = PARTITIONS
    topic_settings: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.topic = self.broker.topic("flights", self.partitions, self.topic_settings)
        self.views = views_of(self.topic, self.features)
        self.rows: list[dict[str, Any]] = []
        self.sent = [0] * self.partitions
        self.end = START
        self.publish()

    def publish(self) -> None:
        """Tell the store of the views, and make their fills."""
        with ask_store(self.url, self.prefix) as store:
            run(catalog.publish([record_of(view) for view in self.views]), store)
            FillBook(store, frozenset(), SHARDS, DAY, lambda: to_micros(self.end)).read()

    def produce(self, rows: Sequence[dict[str, Any]]) -> None:
        """Write rows to the topic's partitions in turn, with the times when they became known."""
        for partition in range(self.partitions):
            own = rows[partition :: self.partitions]
            times = [int(row["landed"].timestamp() * 1000) for row in own]
            self.broker.produce(self.topic, *map(record, own), partition=partition, times=times)
            self.sent[partition] += len(own)
        self.rows += rows
        self.end = max([self.end, *(row["landed"] for row in rows)])

    def job(self, group: str | None = None, **doom: Any) -> Job:
        """Return what a worker is to do; in a consumer group of its own unless one is named."""
        options = {
            "heartbeat_interval_ms": 200, "session_timeout_ms": 1500, "fetch_max_wait_ms": 20, "retry_backoff_ms": 50,
            "reconnect_backoff_max_ms": 500, "group_id": group or uuid.uuid4().hex,
        }  # fmt: skip
        return Job(
            self.url, self.prefix, self.broker.address, options, str(self.folder), to_micros(self.end),
            SHARDS, DAY, **doom,
        )  # fmt: skip

    def applied(self) -> dict[str, int]:
        """Return log -> how far it has been applied to all shards of its view."""
        found: dict[str, int] = {}
        with ask_store(self.url, self.prefix) as store:
            for view in self.views:
                (fill,) = run(catalog.fills(view.name, 1), store)
                metas = [store.do(ReadMeta(shard)) for shard in fill.all_shards]
                for source in view.source.members:
                    for number in range(self.partitions):
                        log = f"{source.name}:{self.topic}:{number}"
                        stood = [meta.logs[log].offset if meta and log in meta.logs else 0 for meta in metas]
                        found[f"{view.name} {log}"] = min(stood)
        return found

    def is_applied(self) -> bool:
        """Return whether all that was produced is."""
        return all(at == self.sent[int(log.rpartition(":")[2])] for log, at in self.applied().items())

    def wait(self) -> None:
        """Wait until all that was produced is applied."""
        until(self.is_applied, lambda: (self.sent, self.applied()))

    def check(self, *hours: float) -> None:
        """Compare what is read so many hours before the end, through the client, with a training set, to the bit."""
        for view in self.views:
            for each in hours or (0.0, 7.3, 20.0):
                moment = self.end - timedelta(hours=each)
                assert self.read(view, moment) == self.trained(view, moment), (view.name, each)

    def read(self, view: FeatureView, moment: datetime) -> list[str]:
        """Return what the client reads of every carrier, in one call."""
        asked = pa.table({"carrier": list(self.keys)})
        with zl.OnlineClient(
            self.url, prefix=self.prefix, timeout="20s", clock=lambda: to_micros(self.end)
        ) as client:
            return [repr(row) for row in client.get_many(view.name, asked, at=moment).to_pylist()]

    def trained(self, view: FeatureView, moment: datetime) -> list[str]:
        """Return the same of a training set of all that was produced."""
        (source,) = view.source.members
        own = source.model_copy(update={"table": zl.Frame(table_of(self.rows)), "stream": None})
        asked = pa.table(
            {
                "carrier": list(self.keys),
                "t": pa.array([moment] * len(self.keys), pa.timestamp("us", tz="UTC")),
            }
        )
        made = zl.FeatureStore().training_set(asked, view.model_copy(update={"source": own}), time="t")
        return [repr(row) for row in made.to_arrow().drop_columns("t").to_pylist()]
