"""Stream JSON events from Kafka into Redis for two views of ten features each, and load history in bulk; Feast beside.

Broker, Redis and worker share the machine. How soon an event can be read is measured at half the rate asked for.
"""

from __future__ import annotations

import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

import zipline as zl
from benchmarks import data
from benchmarks.harness import Timing
from benchmarks.kafka_flow import PARTITIONS, fill, made_events
from benchmarks.machine import machine
from benchmarks.measure import Measure, Report
from benchmarks.rivals.environment import locked_version, python_of
from benchmarks.visibility import visibility
from benchmarks.workers.protocol import Worker
from benchmarks.zipline_online import VERSION
from tests.services.kafka import broker
from tests.services.redis import redis_server

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.services.kafka import Broker

DEFAULT_SCALE = 1.0
ROUNDS = 3
LEAST = {"kafka-python": 80_000, "confluent": 150_000}  # events a second of one worker
LEAST_BULK = 300_000  # events a second
VISIBLE_UNDER = 1.0  # seconds at p99, at half the rate
FEAST_ROWS = 20_000  # of each view in a run: it takes some seconds
STREAM = """
events = zl.EventSource(
    "events", stream=zl.Kafka({topic!r}), event_time="time", delay="1ms",
    schema={{"key": "bigint", "category": "bigint", "amount": "double", "time": "timestamp"}},
)
"""
TABLE = """
events = zl.EventSource("events", table=zl.Parquet({files!r}), event_time="time"{more})
"""
IDS = ', id="id", knowledge_time="known", corrections="90d", moves=False'
VIEWS = """

def view(name, key):
    features = [zl.Count(), zl.Sum("amount"), zl.Mean("amount"), zl.Max("amount"), zl.Last("amount")]
    return zl.FeatureView(
        name, entity=zl.Entity(key), source=events, online=True, features=[each.over({windows}) for each in features]
    )


spent, sold = view("spent", "key"), view("sold", "category")
model = zl.FeatureService("model", [spent, sold])
"""
CONFIG = """
[online]
store = "{redis}"
prefix = "{prefix}:"
timeout = "10s"
"""
KAFKA = """
[kafka]
client = "{client}"
bootstrap_servers = "{kafka}"
"""


def run(scale: float, seed: int) -> Iterator[Measure]:
    """Yield the rate of each client, how soon an event can be read at half of it, and the rates of bulk loads."""
    with tempfile.TemporaryDirectory() as name, redis_server() as redis:
        folder = Path(name)
        report = Report("online_write", scale, {"machine": machine(), "features": 20, "views": 2})
        with Worker(
            python_of("feast"), "feast_write", redis.url.removeprefix("redis://"), str(FEAST_ROWS)
        ) as feast:
            written = [feast.run() for _ in range(ROUNDS + 1)][1:]
        with redis.client() as client:
            client.flushall()
        with broker() as kafka:
            yield from _streams(report, kafka, redis.url, folder, seed, written)
        for title, knowledge in (("plain rows", False), ("rows with ids", True)):
            yield _bulk(report, title, redis.url, folder, data.events(scale, seed, knowledge=knowledge))


def _streams(
    report: Report, kafka: Broker, redis: str, folder: Path, seed: int, feast: list[dict[str, Any]]
) -> Iterator[Measure]:
    events, topic = made_events(round(report.scale * 1e6), seed), kafka.topic("events", PARTITIONS)
    fill(kafka, topic, events)
    for client, least in LEAST.items():
        settings = KAFKA.format(client=client, kafka=kafka.address)

        def repository(label: object, topic: str, settings: str = settings, client: str = client) -> Path:
            module = STREAM.format(topic=topic) + VIEWS.format(windows='"1h", "7d"')
            return _repository(folder / f"{client}-{label}", module, redis, settings)

        folders = [repository(number, topic) for number in range(ROUNDS + 1)]
        with Worker(sys.executable, "zipline_stream", *map(str, folders), str(len(events))) as worker:
            runs = [worker.run() for _ in folders][1:]
        compared = _compare(folders[-1], events)
        yield from _rates(report, client, len(events), least, runs, compared, feast)
        live = kafka.topic("live", PARTITIONS)
        yield _visible(report, client, least // 2, kafka, live, redis, repository("live", live))


def _repository(folder: Path, module: str, redis: str, settings: str = "") -> Path:
    """Make a repository whose state is its own, and register it."""
    folder.mkdir()
    (folder / "zipline.toml").write_text(CONFIG.format(redis=redis, prefix=folder.name) + settings)
    (folder / "features.py").write_text(f"import zipline as zl\n{module}")
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


def _rates(
    report: Report, client: str, count: int, least: int, runs: list[dict[str, Any]], compared: int,
    feast: list[dict[str, Any]],
) -> Iterator[Measure]:  # fmt: skip
    """Yield how long a worker took for all events: beside its limit, and beside Feast."""
    median = statistics.median(run["seconds"] for run in runs)
    middle = min(runs, key=lambda run: abs(run["seconds"] - median))
    yield report.absolute(
        f"{count:,} events, {client}", median, "s", under=count / least,
        per_second=round(count / median), zipline_runs=[float(f"{run['seconds']:.4g}") for run in runs],
        cpu_us_per_event={
            "process": round(middle["cpu"] / count * 1e6, 2),
            **{stage: round(seconds / count * 1e6, 2) for stage, seconds in middle["stages"].items()},
        },
        reloads=middle["reloads"], peak_bytes=middle["peak_bytes"], values_compared=compared,
    )  # fmt: skip
    # Feast takes no events: it is given what somebody else has computed of each, a row for either view.
    theirs = [each["seconds"] / each["rows"] * count for each in feast]
    yield report.against(
        f"{count:,} events, {client}, beside Feast's writes of computed values",
        Timing("zipline", VERSION, [run["seconds"] for run in runs]),
        Timing("Feast, Redis", locked_version("feast"), theirs), at_most=1.0, rival_rows=feast[0]["rows"],
    )  # fmt: skip


def _visible(
    report: Report, client: str, rate: int, kafka: Broker, topic: str, redis: str, folder: Path
) -> Measure:
    """Measure how long it takes from the call that sends an event until a read would see it, while others flow."""
    seen = visibility(kafka, topic, rate, redis, folder)
    count = len(seen.seconds)
    return report.absolute(
        f"visible after, p99 at {rate:,} a second, {client}", seen.seconds[count * 99 // 100], "s",
        under=VISIBLE_UNDER, p50=round(seen.seconds[count // 2], 3), probes=count, kept_up=seen.reached,
        sent_per_second=round(seen.sent), applied_per_second=round(seen.applied),
    )  # fmt: skip


def _bulk(report: Report, title: str, redis: str, folder: Path, events: data.Dataset) -> Measure:
    """Measure how long a view's history takes to load; all of it is within its windows."""
    name = title.replace(" ", "-")
    module = TABLE.format(files=events.event_files, more=IDS if "ids" in title else "")
    module += VIEWS.format(windows='"1d", "90d"')
    folders = [_repository(folder / f"{name}-{number}", module, redis) for number in range(ROUNDS + 1)]
    with Worker(sys.executable, "zipline_bulk", *map(str, folders)) as worker:
        runs = [worker.run() for _ in folders][1:]
    count, median = runs[0]["events"], statistics.median(run["seconds"] for run in runs)
    return report.absolute(
        f"{count:,} {title}, materialize", median, "s", under=count / LEAST_BULK, per_second=round(count / median),
        zipline_runs=[float(f"{run['seconds']:.4g}") for run in runs],
        cpu_us_per_event=round(statistics.median(run["cpu"] for run in runs) / count * 1e6, 2),
        peak_bytes=max(run["peak_bytes"] for run in runs), features=10, views=1,
    )  # fmt: skip
