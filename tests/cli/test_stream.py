"""`zipline stream`."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

import zipline as zl
from zipline.cli import main

MODULE = """
import zipline as zl

COLUMNS = {"user": "string", "at": "timestamp"}

clicks = zl.EventSource("clicks", stream=zl.Push(), event_time="at", delay="1s", schema=COLUMNS)
readers = zl.FeatureView(
    "readers", entity=zl.Entity("user"), source=clicks, features=[zl.Count().over("1d")], online=True
)
offline = zl.FeatureView("offline", entity=zl.Entity("user"), source=clicks, features=[zl.Count().over("1d")])
service = zl.FeatureService("service", [readers])
"""
ROWS = [{"user": "ann", "at": "2013-01-05T12:00:00Z"}, {"user": None, "at": "2013-01-05T12:00:00Z"}]


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    (tmp_path / "zipline.toml").touch()
    (tmp_path / "features.py").write_text(MODULE)
    zl.FeatureStore(tmp_path).apply()
    return tmp_path


def test_what_was_pushed_is_applied(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    store = zl.FeatureStore(repository)
    store.push("clicks", ROWS)
    assert main(["stream", "--once", "--repo", str(repository)]) == 0
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.startswith("1 records, ")
    assert captured.err.endswith(" a second; 0 behind; 1 of nobody\n")
    with store.online() as client:
        read = client.get("service", {"user": "ann"}, at="2013-01-05T13:00:00Z")
    assert (read["readers__count_1d"], str(read.status("readers__count_1d"))) == (1, "PRESENT")


def test_json(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    zl.FeatureStore(repository).push("clicks", ROWS)
    assert main(["stream", "readers", "--once", "--json", "--repo", str(repository)]) == 0
    *_, last = capsys.readouterr().out.splitlines()
    figures = json.loads(last)
    assert figures["records"] == {"clicks": 1}
    assert figures["facts"] == {"readers@1": 1}
    assert figures["nobody"] == {"clicks.user": 1}
    assert figures["lag"] == {"clicks:push:0": 0}
    assert set(figures["seconds"]) == set(figures["cpu"]) == {"poll", "decode", "wait", "write", "compact"}


@pytest.mark.parametrize(
    ("view", "message"),
    [
        ("offline", "view 'offline' is not among what was applied last and is read online"),
        ("reader", "view 'reader' is not among what was applied last and is read online"),
    ],
)
def test_views_that_cannot_be_streamed(
    repository: Path, capsys: pytest.CaptureFixture[str], view: str, message: str
) -> None:
    assert main(["stream", view, "--repo", str(repository)]) == 1
    error = capsys.readouterr().err
    assert message in error
    assert "Hint: declare it, online=True, and register that: zipline apply; " in error


def test_nothing_to_stream(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "zipline.toml").touch()
    assert main(["stream", "--repo", str(tmp_path)]) == 1
    assert "nothing that was applied is read online" in capsys.readouterr().err


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_goes_on_until_it_is_told_to_end(repository: Path, number: signal.Signals) -> None:
    zl.FeatureStore(repository).push("clicks", ROWS)
    command = [str(Path(sys.executable).with_name("zipline")), "stream", "--every", "20ms", "--json"]
    with subprocess.Popen(command, cwd=repository, stdout=-1, stderr=-1, env=os.environ) as worker:
        assert worker.stdout is not None
        while json.loads(worker.stdout.readline())["facts"] != {"readers@1": 1}:
            pass
        worker.send_signal(number)
        rest, error = worker.communicate(timeout=60)
    assert (worker.returncode, error) == (0, b"")
    assert json.loads(rest.splitlines()[-1])["lag"] == {"clicks:push:0": 0}
