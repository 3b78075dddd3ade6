"""Rivals that run in an environment of their own, each behind a worker process."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow.parquet as pq

from benchmarks.harness import Contender, Run
from benchmarks.rivals.environment import locked_version, python_of
from benchmarks.workers.protocol import Worker

if TYPE_CHECKING:
    from benchmarks.data import Dataset


@contextmanager
def temporian_windows(data: Dataset) -> Iterator[Contender]:
    """Run temporian's moving windows; raise where its environment cannot be built."""
    with _elsewhere("temporian", "temporian_windows", "temporian moving windows", data) as contender:
        yield contender


@contextmanager
def feast_latest(data: Dataset) -> Iterator[Contender]:
    """Run Feast's historical features on its DuckDB store; raise where its environment cannot be built."""
    with _elsewhere("feast", "feast_latest", "Feast, DuckDB offline store", data) as contender:
        yield contender


@contextmanager
def _elsewhere(library: str, worker: str, name: str, data: Dataset) -> Iterator[Contender]:
    with tempfile.TemporaryDirectory() as folder:
        answers = Path(folder) / "answers.parquet"
        arguments = (data.event_files, data.observation_file, str(answers))
        with Worker(python_of(library), worker, *arguments) as process:

            def run() -> Run:
                seconds = process.run()["seconds"]
                return Run(seconds, pq.read_table(answers))

            yield Contender(name, locked_version(library), run)
