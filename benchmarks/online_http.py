"""Read 50 windowed features of 5 views over HTTP, one worker, connections kept alive; Feast's server beside it."""

from __future__ import annotations

import json
import sys
import tempfile
import time
import urllib.error
import urllib.request
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from benchmarks import data
from benchmarks.harness import Timing
from benchmarks.machine import machine
from benchmarks.measure import Measure, Report
from benchmarks.rivals.environment import locked_version, python_of
from benchmarks.workers.protocol import REPOSITORY, Worker
from benchmarks.zipline_online import NOW, VERSION, loaded
from tests.services import process
from tests.services.redis import redis_server
from zipline.time import from_micros

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import zipline as zl

DEFAULT_SCALE = 10.0
ROUNDS = 5
REQUESTS = 3000
CONNECTIONS = 4  # one waits while another is answered: what one worker can do
P50_UNDER = 0.5  # milliseconds, one connection
SECONDS_UNDER = 1.0  # of `REQUESTS`, over `CONNECTIONS`
PATIENCE = 60.0
COMPARED = 50
READ, FEAST = "/v1/features/model", "/get-online-features"
FEATURES = [f"view{view}:f{view}{column}" for view in range(5) for column in range(10)]


def run(scale: float, seed: int) -> Iterator[Measure]:
    """Yield latency and throughput; the two servers take turns, on one Redis."""
    events = data.events(scale, seed)
    keys = data.zipf_keys(np.random.default_rng([seed, 8]), REQUESTS, events.keys).tolist()
    with tempfile.TemporaryDirectory() as name, redis_server() as redis:
        folder = Path(name)
        (folder / "repository").mkdir()
        service = loaded(events, redis.url, folder / "repository")
        (folder / "keys.json").write_text(json.dumps(sorted(set(keys))))
        ours, theirs = process.free_port(), process.free_port()
        zipline = [
            str(Path(sys.executable).with_name("zipline")),
            "serve",
            "--port",
            str(ours),
            "--repo",
            str(folder / "repository"),
        ]
        feast = [
            str(python_of("feast")), "-m", "benchmarks.workers.feast_http", redis.url.removeprefix("redis://"),
            str(folder / "keys.json"), str(theirs),
        ]  # fmt: skip
        with _server(zipline, ours, "/readyz", folder), _server(feast, theirs, "/health", folder):
            compared = _compare(service.client, ours, keys[:COMPARED])
            rounds = list(_rounds(folder, (ours, _zipline_bodies(keys)), (theirs, _feast_bodies(keys))))
    report = Report("online_http", scale, {"machine": machine(), "values_compared": compared})
    yield from _measures(report, rounds)


def _zipline_bodies(keys: Sequence[int]) -> list[str]:
    at = from_micros(NOW).isoformat()
    return [json.dumps({"keys": {"key": key}, "at": at}) for key in keys]


def _feast_bodies(keys: Sequence[int]) -> list[str]:
    return [json.dumps({"features": FEATURES, "entities": {"key": [key]}}) for key in keys]


@contextmanager
def _server(command: Sequence[str], port: int, ready: str, folder: Path) -> Iterator[None]:
    """Run a server until the block ends.

    Raises:
        RuntimeError: it does not answer.
    """
    with (folder / f"{port}.log").open("wb") as log:
        server = process.start(command, log=log, cwd=REPOSITORY)
        try:
            deadline = time.monotonic() + PATIENCE
            while not _answers(f"http://127.0.0.1:{port}{ready}"):
                if server.poll() is not None or time.monotonic() > deadline:
                    raise RuntimeError((folder / f"{port}.log").read_text())
                time.sleep(0.05)
            yield
        finally:
            process.stop(server)


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url):
            return True
    except (urllib.error.URLError, ConnectionError):
        return False


def _rounds(folder: Path, *servers: tuple[int, list[str]]) -> Iterator[list[dict[str, dict[str, float]]]]:
    """Yield, round by round, what each server did with one connection, and with several."""
    workers = []
    for (port, bodies), path in zip(servers, (READ, FEAST), strict=True):
        file = folder / f"bodies-{port}.json"
        file.write_text(json.dumps(bodies))
        address = ("127.0.0.1", str(port), path, str(file))
        workers.append(
            {count: Worker(sys.executable, "http_load", *address, str(count)) for count in (1, CONNECTIONS)}
        )
    for number in range(ROUNDS + 1):
        found = [{str(count): worker.run() for count, worker in each.items()} for each in workers]
        if number:  # the first is the warm-up
            yield found
    for each in workers:
        for worker in each.values():
            worker.__exit__(None, None, None)


def _compare(client: zl.OnlineClient, port: int, keys: Sequence[int]) -> int:
    """Return how many values of the server were compared with the client's; raise where one differs.

    Raises:
        AssertionError: a value differs.
    """
    compared = 0
    for key, body in zip(keys, _zipline_bodies(keys), strict=True):
        asked = urllib.request.Request(
            f"http://127.0.0.1:{port}{READ}", body.encode(), {"Content-Type": "application/json"}
        )
        with urllib.request.urlopen(asked) as answer:
            values: dict[str, Any] = json.load(answer)["values"]
        if values != dict(client.get("model", {"key": key})):
            message = f"the server's values of {key} are not the client's"
            raise AssertionError(message)
        compared += len(values)
    return compared


def _measures(report: Report, rounds: list[list[dict[str, dict[str, float]]]]) -> Iterator[Measure]:
    def timing(side: int, connections: int, figure: str) -> Timing:
        name, version = ("zipline", VERSION) if side == 0 else ("Feast's server", locked_version("feast"))
        return Timing(name, version, [each[side][str(connections)][figure] for each in rounds])

    ours, theirs = timing(0, 1, "p50"), timing(1, 1, "p50")
    runs = [float(f"{each * 1000:.4g}") for each in ours.runs]
    p99 = round(timing(0, 1, "p99").seconds * 1000, 4)
    yield report.absolute(
        "1 entity, p50", ours.seconds * 1000, "ms", under=P50_UNDER, zipline_runs=runs, p99=p99
    )
    yield report.against("1 entity, p50, beside Feast", ours, theirs, at_most=1.0)
    ours, theirs = timing(0, CONNECTIONS, "seconds"), timing(1, CONNECTIONS, "seconds")
    title = f"{REQUESTS} requests, {CONNECTIONS} connections"
    per_second = round(REQUESTS / ours.seconds)
    yield report.absolute(title, ours.seconds, "s", under=SECONDS_UNDER, per_second=per_second)
    yield report.against(f"{title}, beside Feast", ours, theirs, at_most=1.0)
