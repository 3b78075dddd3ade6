"""Start cold: ``zipline --help``, ``import zipline``, and a first training set with an empty kernel cache."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks import data
from benchmarks.machine import machine
from benchmarks.measure import Measure, Report
from benchmarks.workers.protocol import REPOSITORY

if TYPE_CHECKING:
    from collections.abc import Iterator

DEFAULT_SCALE = 0.01
RUNS = 5
FIRST_RUNS = 3
LAZY = ("pyarrow", "numpy", "numba", "duckdb", "polars", "pandas", "sqlglot", "pyspark", "redis", "kafka")
LOADED = f"import sys, zipline; print(*sorted(set({LAZY!r}) & set(sys.modules)))"


def run(scale: float, seed: int) -> Iterator[Measure]:
    """Time whole processes from start to exit; libraries are in the file cache, as on a machine in use."""
    report = Report("cold_start", scale, {"machine": machine()})
    python, bare = sys.executable, _seconds([sys.executable, "-c", "pass"], RUNS)
    command = str(Path(sys.executable).with_name("zipline"))
    interpreter = {"bare_python_seconds": round(bare, 4)}

    yield report.absolute(
        "zipline --help", _seconds([command, "--help"], RUNS), "s", under=0.3, **interpreter
    )

    loaded = subprocess.run([python, "-c", LOADED], check=True, capture_output=True, text=True).stdout.split()
    if loaded:
        message = f"import zipline loads {', '.join(loaded)}: they belong inside functions"
        raise ImportError(message)
    seconds = _seconds([python, "-c", "import zipline"], RUNS)
    yield report.absolute("import zipline", seconds, "s", under=0.2, **interpreter)

    events = data.events(scale, seed)
    for features, name in (("windows", "16 features"), ("mixed", "40 features")):
        first = [python, "-m", "benchmarks.workers.first_training_set", features, str(events.folder)]
        seconds = statistics.median(_with_empty_cache(first) for _ in range(FIRST_RUNS))
        warm = _seconds(first, FIRST_RUNS)
        measure = f"first training set, {name}, empty kernel cache"
        yield report.absolute(measure, seconds, "s", under=10.0, warm_cache_seconds=round(warm, 3))


def _seconds(command: list[str], runs: int, **environment: str) -> float:
    """Return the median wall time of a command, after a warm-up."""
    return statistics.median([_once(command, **environment) for _ in range(runs + 1)][1:])


def _with_empty_cache(command: list[str]) -> float:
    with tempfile.TemporaryDirectory() as empty:
        return _once(command, ZIPLINE_CACHE_DIR=empty)


def _once(command: list[str], **environment: str) -> float:
    start = time.perf_counter()
    subprocess.run(
        command, check=True, cwd=REPOSITORY, env={**os.environ, **environment}, stdout=subprocess.DEVNULL
    )
    return time.perf_counter() - start
