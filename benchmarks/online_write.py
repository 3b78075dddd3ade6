"""Stream JSON events from Kafka into Redis for two views of ten features each, and see how soon one can be read."""

from __future__ import annotations

import statistics
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

import zipline as zl
from benchmarks import data
from benchmarks.machine import machine
from benchmarks.measure import Measure, Report
from benchmarks.workers.protocol import Worker
from tests.services import process
from tests.services.kafka import broker
from tests.services.redis import redis_server
from zipline.online.calls import Read
from zipline.online.catalog import fills
from zipline.online.markers import parse_marker
from zipline.online.state.keys import encode_key, shard_number
from zipline.online.steps import run as run_steps
from zipline.online.stores.opening import open_store
from zipline.settings import OnlineSettings
from zipline.time import from_micros
from zipline.types import INT64

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.services.kafka import Broker
    from zipline.online.calls import Shard
    from zipline.online.stores.base import Store

DEFAULT_SCALE = 1.0
ROUNDS = 3
LEAST = {"kafka-python": 80_000, "confluent": 150_000}  # events a second of one worker
CATEGORIES = data.CATEGORIES
SPAN = data.DAY // 12
PROBES = 150
PROBE = -1  # a key that no event has
WARM_UP = 30
PATIENCE = 120.0
EVERY = 0.05  # seconds between two probes
VISIBLE_UNDER = 1.0  # seconds at p99, at half the rate
MODULE = """
import zipline as zl

events = zl.EventSource(
    "events", stream=zl.Kafka({topic!r}), event_time="time", delay="1ms",
    schema={{"key": "bigint", "category": "bigint", "amount": "double", "time": "timestamp"}},
)


def view(name, key):
    features = [zl.Count(), zl.Sum("amount"), zl.Mean("amount"), zl.Max("amount"), zl.Last("amount")]
    return zl.FeatureView(
        name, entity=zl.Entity(key), source=events, online=True, features=[each.over("1h", "7d") for each in features]
    )


spent, sold = view("spent", "key"), view("sold", "category")
model = zl.FeatureService("model", [spent, sold])
"""
CONFIG = """
[online]
store = "{redis}"
prefix = "{prefix}"
timeout = "10s"
[kafka]
client = "{client}"
bootstrap_servers = "{kafka}"
"""


def run(scale: float, seed: int) -> Iterator[Measure]:
    """Yield the rate of each client, and how soon an event can be read at half of it."""
    count = round(scale * 1e6)
    with tempfile.TemporaryDirectory() as name, redis_server() as redis, broker() as kafka:
        events, topic = _events(count, seed), kafka.topic("events", 2)
        _produce(kafka, topic, _records(events))
        report = Report("online_write", scale, {"machine": machine(), "features": 20, "views": 2})
        for client, least in LEAST.items():
            folders = [
                _repository(Path(name) / f"{client}-{number}", topic, redis.url, kafka.address, client)
                for number in range(ROUNDS + 1)
            ]
            with Worker(sys.executable, "zipline_stream", *map(str, folders), str(count)) as worker:
                runs = [worker.run() for _ in folders][1:]
            compared = _compare(folders[-1], events)
            yield _rate(report, client, count, least, runs, compared)
            live = kafka.topic("live", 2)
            folder = _repository(Path(name) / f"{client}-live", live, redis.url, kafka.address, client)
            yield _visible(report, client, least // 2, kafka, live, folder, redis.url)


def _events(count: int, seed: int) -> pa.Table:
    rng = np.random.default_rng([seed, 9])
    now = time.time_ns() // 1000
    return pa.table({
        "key": data.zipf_keys(rng, count, max(count // 100, 1)),
        "category": rng.integers(0, CATEGORIES, count),
        "amount": np.round(rng.lognormal(4.0, 1.0, count), 2),
        "time": pa.array(np.sort(rng.integers(now - SPAN, now - data.DAY // 24, count)), data.TIMESTAMP),
    })  # fmt: skip


def _records(events: pa.Table) -> Iterator[bytes]:
    times = events["time"].cast(pa.timestamp("us")).cast(pa.string()).to_pylist()
    columns = (events[name].to_pylist() for name in ("key", "category", "amount"))
    for key, category, amount, moment in zip(*columns, times, strict=True):
        yield b'{"key":%d,"category":%d,"amount":%a,"time":"%bZ"}' % (key, category, amount, moment.encode())


def _produce(kafka: Broker, topic: str, records: Iterator[bytes]) -> None:
    producer = _producer(kafka)
    for number, record in enumerate(records):
        _send(producer, topic, record, number % 2)
    producer.flush()


def _send(producer: Any, topic: str, record: bytes, partition: int) -> None:
    """Send a record, as soon as the producer has room for it."""
    while True:
        try:
            producer.produce(topic, record, partition=partition)
        except BufferError:
            producer.poll(0.01)
        else:
            return


def _producer(kafka: Broker) -> Any:
    from confluent_kafka import Producer

    return Producer({"bootstrap.servers": kafka.address, "linger.ms": 5, "log_level": 0})


def _repository(folder: Path, topic: str, redis: str, kafka: str, client: str) -> Path:
    """Make a repository whose state is its own, and register it."""
    folder.mkdir()
    prefix = f"{folder.name}:"
    (folder / "zipline.toml").write_text(
        CONFIG.format(redis=redis, prefix=prefix, client=client, kafka=kafka)
    )
    (folder / "features.py").write_text(MODULE.format(topic=topic))
    zl.FeatureStore(folder).apply()
    return folder


def _compare(folder: Path, events: pa.Table) -> int:
    """Return how many values that are read now were compared with a training set's; raise where one differs.

    Raises:
        AssertionError: a value differs.
    """
    store = zl.FeatureStore(folder)
    at = int(time.time())
    asked = pa.table({"key": np.arange(100), "category": np.arange(100)})
    moment = pa.repeat(pa.scalar(at * 1_000_000, data.TIMESTAMP), len(asked))
    with store.online() as client:
        read = client.get_many("model", asked, at=moment[0].as_py())
    compared = 0
    for name in ("spent", "sold"):
        view = store.views[name]
        (source,) = view.source.members
        known = view.model_copy(
            update={"source": source.model_copy(update={"table": zl.Frame(events), "stream": None})}
        )
        trained = zl.FeatureStore().training_set(asked.append_column("t", moment), known, time="t").to_arrow()
        for feature in view.names:
            column = f"{name}__{feature}"
            if not read[column].equals(trained[column]):
                message = f"{column} is not what the training set has"
                raise AssertionError(message)
            compared += len(asked)
    return compared


def _rate(
    report: Report, client: str, count: int, least: int, runs: list[dict[str, Any]], compared: int
) -> Measure:
    median = statistics.median(run["seconds"] for run in runs)
    middle = min(runs, key=lambda run: abs(run["seconds"] - median))
    return report.absolute(
        f"{count:,} events, {client}", median, "s", under=count / least,
        per_second=round(count / median), zipline_runs=[float(f"{run['seconds']:.4g}") for run in runs],
        cpu_us_per_event={
            "process": round(middle["cpu"] / count * 1e6, 2),
            **{stage: round(seconds / count * 1e6, 2) for stage, seconds in middle["stages"].items()},
        },
        reloads=middle["reloads"], peak_bytes=middle["peak_bytes"], values_compared=compared,
    )  # fmt: skip


def _visible(
    report: Report, client: str, rate: int, kafka: Broker, topic: str, folder: Path, redis: str
) -> Measure:
    """Measure how long it takes from the call that sends an event until a read would see it, while others flow."""
    ended = threading.Event()
    flowing = threading.Thread(target=_flow, args=(kafka, topic, rate, ended))
    command = [str(Path(sys.executable).with_name("zipline")), "stream", "--repo", str(folder)]
    with (folder / "log").open("wb") as log:
        worker = process.start(command, log=log)
        flowing.start()
        try:
            seconds = sorted(_probes(kafka, topic, redis, f"{folder.name}:"))
        finally:
            ended.set()
            flowing.join()
            process.stop(worker)
    return report.absolute(
        f"visible after, p99 at {rate:,} a second, {client}", seconds[len(seconds) * 99 // 100], "s",
        under=VISIBLE_UNDER, p50=round(seconds[len(seconds) // 2], 3), probes=len(seconds),
    )  # fmt: skip


def _flow(kafka: Broker, topic: str, rate: int, ended: threading.Event) -> None:
    """Send so many events a second, each with the time of now, until told to end."""
    producer, rng = _producer(kafka), np.random.default_rng(3)
    keys = data.zipf_keys(rng, 1 << 16, 10_000).tolist()
    start, sent = time.perf_counter(), 0
    while not ended.is_set():
        due = int((time.perf_counter() - start) * rate) - sent
        moment = from_micros(time.time_ns() // 1000).isoformat().encode() if due else b""
        for _ in range(due):
            record = b'{"key":%d,"category":%d,"amount":1.5,"time":"%b"}' % (
                keys[sent & 0xFFFF],
                sent % 1000,
                moment,
            )
            _send(producer, topic, record, sent & 1)
            sent += 1
        producer.poll(0)
        ended.wait(0.005)
    producer.purge()


def _probes(kafka: Broker, topic: str, redis: str, prefix: str) -> Iterator[float]:
    """Yield how long each of some events took until the shard that it belongs to had it."""
    store = open_store(redis, OnlineSettings(prefix=prefix, timeout_us=10_000_000))
    producer, fill, deadline = _producer(kafka), None, time.monotonic() + PATIENCE
    while fill is None and time.monotonic() < deadline:
        fill = next(iter(run_steps(fills("spent", 1), store)), None)
    assert fill is not None
    entity = encode_key([PROBE], [INT64])
    assert entity is not None
    shard = fill.shard(shard_number(entity, fill.shards))
    for number in range(WARM_UP + PROBES):
        moment = from_micros(time.time_ns() // 1000).isoformat()
        record = f'{{"key":{PROBE},"category":0,"amount":1.5,"time":"{moment}"}}'.encode()
        offsets: list[int] = []
        start = time.perf_counter()
        producer.produce(
            topic,
            record,
            partition=0,
            on_delivery=lambda _, sent, offsets=offsets: offsets.append(sent.offset()),
        )
        producer.flush()
        while _applied(store, shard, f"events:{topic}:0") <= offsets[0]:
            if time.monotonic() > deadline:
                raise TimeoutError(f"event {offsets[0]} of {topic} is not applied")
            time.sleep(0.002)
        if number >= WARM_UP:
            yield time.perf_counter() - start
        time.sleep(EVERY)
    store.close()


def _applied(store: Store, shard: Shard, log: str) -> int:
    marker = store.do(Read(shard, ())).marker
    logs = parse_marker(marker).logs if marker is not None else {}
    return logs[log].offset if log in logs else -1
