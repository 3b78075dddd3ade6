"""Make one training set in a process of its own, so that its memory peak is this work's alone.

Arguments: the scale, the seed, the file to write the answers to.
"""

from __future__ import annotations

import sys
import time
from functools import partial
from typing import Any

from benchmarks import data
from benchmarks.workers.protocol import peak_memory, serve
from benchmarks.zipline_events import training_set, windows_view

WARM_UP_SCALE = 0.001


def run(scale: float, seed: int, answer_file: str) -> dict[str, Any]:
    """Compute the 16 features once, after a tiny training set has loaded the libraries and kernels."""
    import pyarrow.parquet as pq

    small = data.events(WARM_UP_SCALE, seed)
    training_set("warm-up", small, windows_view(small)).run()

    events = data.events(scale, seed)
    start = time.perf_counter()
    answers = training_set("zipline", events, windows_view(events)).run().answers
    seconds = time.perf_counter() - start
    peak = peak_memory()
    pq.write_table(answers, answer_file)
    return {"seconds": seconds, "peak_bytes": peak}


if __name__ == "__main__":
    serve(partial(run, float(sys.argv[1]), int(sys.argv[2]), sys.argv[3]))
