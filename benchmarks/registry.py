"""Plan and apply 200 views over 20 sources, and find a registered version in a new process."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.parquet as pq

from benchmarks.data import START, TIMESTAMP
from benchmarks.machine import machine
from benchmarks.measure import Measure, Report

if TYPE_CHECKING:
    from collections.abc import Iterator

DEFAULT_SCALE = 1.0
SOURCES, VIEWS = 20, 10  # views of each source
RUNS = 3
DIFFERENT = 2  # how `zipline plan` exits when there is a difference

MODULE = """
import zipline as zl

user = zl.Entity("user")
source = zl.EventSource("events_{source}", table=zl.Parquet("events_{source}.parquet"), event_time="time")
"""
VIEW = """
view_{view} = zl.FeatureView(
    "view_{source}_{view}",
    entity=user,
    source=source,
    features=[
        zl.Count(where="amount > {view}").named("large").over("7d", "30d"),
        zl.Sum("amount").over("7d", "30d"),
        zl.Last("amount", where="amount > {view}").named("latest"),
        zl.Derived("share_7d", "amount_sum_7d / nullif(large_7d, 0)"),
    ],
)
"""
FIND = "import sys, zipline; zipline.FeatureStore(sys.argv[1]).find(sys.argv[2])"


def run(scale: float, seed: int) -> Iterator[Measure]:
    """Time whole processes, from start to exit; there is no rival. The seed changes nothing: nothing is drawn."""
    sources = max(round(scale * SOURCES), 1)
    size = {"sources": sources, "views": sources * VIEWS}
    report = Report("registry", scale, {"machine": machine(), **size, "limits": "zipline's own: no rival"})
    planned, applied, unchanged, found, named = ([] for _ in range(5))
    for _ in range(RUNS):
        with tempfile.TemporaryDirectory() as folder:
            root = Path(folder)
            _write_repository(root, sources)
            planned.append(_zipline(root, "plan", exits=DIFFERENT))
            applied.append(_zipline(root, "apply", "--yes"))
            unchanged.append(_zipline(root, "plan"))
            named.append(_find(root, "view_0_0"))
            found.append(_find(root, "view_0_0@1"))
    yield _measure(report, "zipline plan, everything new", planned, under=5.0)
    yield _measure(report, "zipline apply, everything new", applied, under=5.0)
    yield _measure(report, "zipline plan, nothing changed", unchanged, under=5.0)
    yield _measure(report, "find a view by name, new process", named, under=1.0)
    yield _measure(report, "find name@version, new process", found, under=1.0)


def _measure(report: Report, measure: str, seconds: list[float], *, under: float) -> Measure:
    runs = [round(each, 4) for each in seconds]
    return report.absolute(measure, statistics.median(seconds), "s", under=under, zipline_runs=runs)


def _write_repository(root: Path, sources: int) -> None:
    """Write a module and a small table for each source: only its schema is read."""
    (root / "zipline.toml").touch()
    table = pa.table({"user": [1], "time": pa.array([START], TIMESTAMP), "amount": [1.5]})
    for source in range(sources):
        pq.write_table(table, root / f"events_{source}.parquet")
        views = (VIEW.format(source=source, view=view) for view in range(VIEWS))
        (root / f"features_{source}.py").write_text(MODULE.format(source=source) + "".join(views))


def _zipline(root: Path, *arguments: str, exits: int = 0) -> float:
    return _seconds([str(Path(sys.executable).with_name("zipline")), *arguments], root, exits)


def _find(root: Path, text: str) -> float:
    return _seconds([sys.executable, "-c", FIND, str(root), text], root, 0)


def _seconds(command: list[str], root: Path, exits: int) -> float:
    """Return the wall time of a command that exits as it should."""
    start = time.perf_counter()
    done = subprocess.run(
        command, check=False, cwd=root, env={**os.environ, "COLUMNS": "100"}, capture_output=True, text=True
    )
    seconds = time.perf_counter() - start
    if done.returncode != exits:
        raise subprocess.CalledProcessError(done.returncode, command, done.stdout, done.stderr)
    return seconds
