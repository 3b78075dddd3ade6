"""Memory, folders, clock and zones of this machine, with settings that do and do not fit it."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from zipline.doctor import surroundings
from zipline.doctor.finding import Finding
from zipline.doctor.surroundings import check_cache, check_clock, check_memory, check_temp_directory
from zipline.engines.kernels.cache import cache_folder
from zipline.machine import machine_memory
from zipline.settings import DuckDBSettings


@pytest.fixture
def kernels() -> Iterator[None]:
    """Have the folder of the kernels looked for anew afterwards."""
    yield
    cache_folder.cache_clear()


def only(findings: Iterator[Finding]) -> Finding:
    """Return the one finding."""
    (found,) = findings
    return found


@pytest.mark.parametrize(
    ("share", "status", "message"),
    [
        (0.6, "ok", " may be used"),
        (0.95, "warning", " may be used, which leaves little for Python and the system"),
        (1.5, "fault", " may be used, and there are "),
        (1e-6, "warning", " may be used: little, so that work spills to disk"),
    ],
)
def test_memory(share: float, status: str, message: str) -> None:
    found = next(check_memory(DuckDBSettings(memory_limit=int(machine_memory() * share))))
    assert (found.check, found.status) == ("memory", status)
    assert message in found.message
    assert ("memory_limit" in found.hint) == (status != "ok")


def test_threads() -> None:
    processors = os.cpu_count() or 1
    assert list(check_memory(DuckDBSettings(threads=processors)))[1].status == "ok"
    found = list(check_memory(DuckDBSettings(threads=processors + 1)))[1]
    assert (found.check, found.status) == ("threads", "warning")
    assert found.message == f"{processors + 1} on {processors} processors get in each other's way"
    assert found.hint.startswith(f"set [duckdb] threads = {processors}")


def test_the_temp_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert only(check_temp_directory(DuckDBSettings())).status == "ok"
    found = only(check_temp_directory(DuckDBSettings(temp_directory=str(tmp_path))))
    assert found.message.startswith(f"{tmp_path}, ")
    assert found.message.endswith(" GB free")
    assert list(tmp_path.iterdir()) == []
    absent = str(tmp_path / "absent")
    found = only(check_temp_directory(DuckDBSettings(temp_directory=absent)))
    assert (found.status, found.message) == ("fault", f"{absent}: No such file or directory")
    assert (
        found.hint == "create it, or set [duckdb] temp_directory in zipline.toml to a folder on a large disk"
    )
    monkeypatch.setattr(surroundings, "_LITTLE_DISK", 10**18)
    found = only(check_temp_directory(DuckDBSettings(temp_directory=str(tmp_path))))
    assert found.status == "warning"
    assert found.message.endswith("little to spill into")


@pytest.mark.usefixtures("kernels")
def test_the_cache_of_kernels(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ZIPLINE_CACHE_DIR", str(tmp_path))
    found = only(check_cache())
    assert (found.status, Path(found.message).parent) == ("ok", tmp_path)
    (tmp_path / "file").touch()
    monkeypatch.setenv("ZIPLINE_CACHE_DIR", str(tmp_path / "file"))
    found = only(check_cache())
    assert found.status == "warning"
    assert found.message.startswith("Compiled kernels are not kept: ")
    assert found.hint == "set ZIPLINE_CACHE_DIR to a folder that can be written to."


def test_the_clock(tmp_path: Path) -> None:
    written = tmp_path / "features.py"
    written.touch()
    found = next(check_clock([written, tmp_path / "absent.py"], []))
    assert (found.check, found.status) == ("clock", "ok")
    os.utime(written, (time.time() + 3600, time.time() + 3600))
    found = next(check_clock([written], []))
    assert found.status == "warning"
    assert found.message.endswith(f"and {written} was written after that")


def test_zones() -> None:
    found = list(check_clock([], ["Europe/Paris", "America/New_York", "Europe/Paris"]))[1]
    assert found == Finding("time zones", "ok", "America/New_York, Europe/Paris")
    assert list(check_clock([], []))[1].message == "no source has local times"
    found = list(check_clock([], ["Mars/Olympus", "Europe/Paris", "../etc"]))[1]
    assert found == Finding("time zones", "fault", "unknown: ../etc, Mars/Olympus", "pip install tzdata")
