"""Load history into the online store in a process of its own, as `zipline materialize` does.

Arguments: a repository for each run; each loads into a state of its own.
"""

from __future__ import annotations

import sys
import time
from functools import partial
from typing import Any

import zipline as zl
from benchmarks.data import DAY, DAYS, START
from benchmarks.workers.protocol import peak_memory, serve
from zipline.time import from_micros


def run(repositories: list[str]) -> dict[str, Any]:
    """Load the next repository's history, all of it."""
    store = zl.FeatureStore(repositories.pop(0))
    start, busy = time.perf_counter(), time.process_time()
    loaded = store.materialize("spent", until=from_micros(START + DAYS * DAY))
    return {
        "seconds": time.perf_counter() - start,
        "cpu": time.process_time() - busy,
        "events": sum(each.events for each in loaded),
        "peak_bytes": peak_memory(),
    }


if __name__ == "__main__":
    serve(partial(run, sys.argv[1:]))
