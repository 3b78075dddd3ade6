"""Read 50 windowed features of 5 views for 1 and 100 entities from Redis on loopback, as Feast reads stored ones."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from benchmarks import data
from benchmarks.harness import Timing
from benchmarks.latency import percentiles
from benchmarks.machine import machine
from benchmarks.measure import Measure, Report
from benchmarks.rivals.environment import locked_version, python_of
from benchmarks.workers.protocol import Worker
from benchmarks.zipline_online import NOW, VERSION, loaded
from tests.services.redis import redis_server

if TYPE_CHECKING:
    from collections.abc import Iterator

    import zipline as zl
    from benchmarks.zipline_online import Loaded

DEFAULT_SCALE = 10.0
ROUNDS = 5
READS = {1: 3000, 100: 200}  # entities of a request -> requests in each round
UNDER = {1: 0.5, 100: 5.0}  # milliseconds at p99
AT_MOST = {1: 1 / 3, 100: 1 / 10}  # of Feast's
COMPARED = 200
PINGS = 2000


def run(scale: float, seed: int) -> Iterator[Measure]:
    """Yield the percentiles of both sizes; zipline and Feast take turns on one Redis."""
    events = data.events(scale, seed)
    rng = np.random.default_rng([seed, 7])
    requests = [
        keys.tolist()
        for size, count in READS.items()
        for keys in data.zipf_keys(rng, count * size, events.keys).reshape(count, size)
    ]
    with tempfile.TemporaryDirectory() as name, redis_server() as server:
        folder = Path(name)
        (folder / "requests.json").write_text(json.dumps(requests))
        (folder / "repository").mkdir()
        service = loaded(events, server.url, folder / "repository")
        compared = _compare(service, events.keys, rng)
        with server.client() as redis:
            memory = redis.info("memory")["used_memory"]
        address = server.url.removeprefix("redis://")
        with Worker(python_of("feast"), "feast_online", address, str(folder / "requests.json")) as feast:
            rounds, pings = [], []
            with server.client() as redis:
                for _ in range(ROUNDS):
                    rounds.append((_round(service.client, requests), feast.run()))
                    pings.append(percentiles(lambda _: redis.ping(), range(PINGS)))
    figures = {
        "values_compared": compared,
        "pending": service.pending,
        "redis_bytes": memory,
        # what the machine needs for a round trip without any work: no read can be quicker
        **{f"ping_{name}_ms": round(1000 * median(each[name] for each in pings), 3) for name in pings[0]},
    }
    report = Report("online_read", scale, {"machine": machine(), **figures})
    for size in READS:
        for figure in ("p50", "p99"):
            yield from _measures(report, size, figure, rounds)


def _round(client: zl.OnlineClient, requests: list[list[int]]) -> dict[str, dict[str, float]]:
    """Read each request once."""
    singles = [{"key": keys[0]} for keys in requests if len(keys) == 1]
    batches = [[{"key": key} for key in keys] for keys in requests if len(keys) > 1]
    for each in singles[:20]:
        client.get("model", each)
    return {
        "1": percentiles(lambda request: client.get("model", request), singles),
        "100": percentiles(lambda many: client.get_many("model", many), batches),
    }


def _compare(service: Loaded, keys: int, rng: np.random.Generator) -> int:
    """Return how many values were compared with a training set's of the same moment; raise where one differs.

    Raises:
        AssertionError: a value differs.
    """
    asked = pa.table({"key": np.unique(data.zipf_keys(rng, COMPARED, keys))})
    read = service.client.get_many("model", asked)
    moments = pa.repeat(pa.scalar(NOW, data.TIMESTAMP), len(asked))
    trained = service.store.training_set(asked.append_column("t", moments), "model").to_arrow()
    for name in read.column_names[1:]:
        if not read[name].equals(trained[name]):
            message = f"{name} is not what the training set has"
            raise AssertionError(message)
    return int(len(asked) * (read.num_columns - 1))


def _measures(
    report: Report, size: int, figure: str, rounds: list[tuple[dict[str, dict[str, float]], dict[str, Any]]]
) -> Iterator[Measure]:
    """Yield one figure of requests of one size: beside its limit, and beside Feast's."""
    ours = Timing("zipline", VERSION, [each[str(size)][figure] for each, _ in rounds])
    feast = Timing("Feast, Redis", locked_version("feast"), [each[str(size)][figure] for _, each in rounds])
    title = f"{size} {'entity' if size == 1 else 'entities'}, {figure}"
    if figure == "p99":
        runs = [float(f"{each * 1000:.4g}") for each in ours.runs]
        yield report.absolute(title, ours.seconds * 1000, "ms", under=UNDER[size], zipline_runs=runs)
    yield report.against(f"{title}, beside Feast", ours, feast, at_most=AT_MOST[size])
