"""`zipline dev`: a clock, a replay, and a whole system in one process, here and as a process of its own."""

from __future__ import annotations

import signal
import sys
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import httpx
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import zipline as zl
from tests.online.client.world import START
from tests.online.materialize.shop import CUT, MODULE, rows_of
from tests.services.process import start, stop
from zipline.dev import Clock, Dev
from zipline.dsl.streams import Push
from zipline.errors import RequestError
from zipline.time import to_micros

SECONDS = 60
COMMAND = "import sys; from zipline.cli import main; sys.exit(main())"


@pytest.fixture
def repo(tmp_path: Path) -> Path:
    """Return a repository whose streams are elsewhere."""
    pq.write_table(rows_of(100), tmp_path / "flights.parquet")
    (tmp_path / "zipline.toml").write_text('[online]\nhistory = "30d"\nshards = 2\ntimeout = "20s"\n')
    (tmp_path / "features.py").write_text(MODULE.replace("zl.Push()", 'zl.Kafka("flights")'))
    return tmp_path


def until(holds: Callable[[], bool]) -> None:
    """Wait for something that will be so."""
    deadline = time.monotonic() + SECONDS
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_a_clock_goes_on_at_its_speed_and_never_back() -> None:
    wall = [1_000_000_000]
    clock = Clock(start=10, speed=60, wall=lambda: wall[0])
    wall[0] += 1_000_000_000
    assert clock.now() == 60_000_010
    assert clock.now_ns() == 60_000_010_000
    clock.set(5)
    assert clock.now() == 60_000_010
    clock.set(70_000_000)
    assert clock.now() == 70_000_000


def test_history_and_a_replay_equal_a_training_set(repo: Path) -> None:
    with Dev(repo, clock=Clock(to_micros(CUT), speed=60)) as system:
        assert all(isinstance(source.stream, Push) for source in system.sources.values() if source.stream)
        system.materialize()
        system.start()
        later = CUT + timedelta(hours=20)
        coming = system.replay(to_micros(CUT), to_micros(later))
        for hours in (5, 20):
            moment = CUT + timedelta(hours=hours)
            system.clock.set(to_micros(moment))
            assert coming.give(system.push, to_micros(moment)) > 0
            system.settle()
            for view in ("carriers", "landed"):
                read = system.client.get(view, {"carrier": "UA"}, at=moment)
                asked = [{"t": moment, "carrier": "UA"}]
                table = pa.Table.from_pylist(asked).cast(
                    pa.schema([("t", pa.timestamp("us", "UTC")), ("carrier", pa.string())])
                )
                (trained,) = system.store.training_set(table, view, time="t").to_arrow().to_pylist()
                assert repr(dict(read)) == repr({name: trained[name] for name in read})
        assert coming.is_over


def test_a_file_for_a_source_that_there_is_not(repo: Path) -> None:
    with (
        Dev(repo, clock=Clock(to_micros(START), speed=0)) as system,
        pytest.raises(RequestError, match="there is no source 'trains'"),
    ):
        system.replay(0, files={"trains": zl.Parquet("trains.parquet")})


def test_without_history_what_is_pushed_is_all_there_is(repo: Path) -> None:
    with Dev(repo, clock=Clock(to_micros(START), speed=0)) as system:
        system.start(history=False)
        row = rows_of(1).slice(0, 1)
        system.push("flights", row)
        system.clock.set(to_micros(START + timedelta(days=1)))
        system.settle()
        found = system.client.get("model", {"carrier": row["carrier"][0].as_py(), "airport": "JFK"})
        assert found["carriers__count_2d"] == 1


@pytest.mark.parametrize(
    "options", [[], ["--no-history"], ["--from", "2024-03-02T00:00:00Z", "--speed", "7200"]]
)
def test_a_process_that_serves(repo: Path, options: list[str]) -> None:
    said = repo / "said"
    with said.open("wb") as log:
        command = [sys.executable, "-c", COMMAND, "dev", "--port", "0", *options]
        server = start(command, log=log, cwd=repo)
    try:
        until(lambda: "Listening on " in said.read_text() or server.poll() is not None)
        url = said.read_text().partition("Listening on ")[2].partition(";")[0]
        assert httpx.get(f"{url}/healthz", timeout=SECONDS).status_code == 200
        row = rows_of(1).to_pylist()[0]
        pushed = {name: str(row[name]) if name in ("scheduled", "landed") else row[name] for name in row}
        answer = httpx.post(f"{url}/push", json={"source": "landings", "rows": [pushed]}, timeout=SECONDS)
        assert answer.status_code == 200, answer.text

        def read() -> bool:
            found = httpx.post(f"{url}/v1/features/landed", json={"keys": {"carrier": "UA"}}, timeout=SECONDS)
            return found.status_code == 200 and "landed__count_2d" in found.text

        until(read)
        if "--from" in options:
            until(lambda: "Replayed all " in said.read_text())
    finally:
        stop(server, signal.SIGTERM)
    assert server.returncode == 0, said.read_text()
