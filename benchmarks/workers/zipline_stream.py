"""Stream a topic into the online store in a process of its own, as `zipline stream` does.

Arguments: a repository for each run, and how many events their topic has. Each run streams into a state of its own,
until everything is applied.
"""

from __future__ import annotations

import sys
import time
from functools import partial
from typing import Any

import zipline as zl
from benchmarks.workers.protocol import peak_memory, serve


def run(repositories: list[str], count: int) -> dict[str, Any]:
    """Apply all events to the next repository's state; the clock runs from the first of them to the last."""
    worker = zl.FeatureStore(repositories.pop(0)).stream()
    marks: list[tuple[float, float, int]] = []

    def tick() -> None:
        records = worker.counts.records["events"]
        if records and not marks:
            marks.append((time.perf_counter(), time.process_time(), records))
        if records >= count and worker.is_caught_up(0) and not any(worker.counts.lag.values()):
            marks.append((time.perf_counter(), time.process_time(), records))
            worker.stop()

    worker.run(tick)
    (start, busy, first), (end, busy_end, _) = marks[0], marks[-1]
    figures = worker.counts.figures()
    return {
        "seconds": (end - start) * count / (count - first),
        "cpu": (busy_end - busy) * count / (count - first),
        "stages": figures["cpu"],
        "reloads": figures["reloads"],
        "peak_bytes": peak_memory(),
    }


if __name__ == "__main__":
    serve(partial(run, sys.argv[1:-1], int(sys.argv[-1])))
