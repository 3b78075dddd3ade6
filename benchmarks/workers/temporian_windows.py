"""Run temporian's moving sum, count, minimum and maximum; its environment has numpy below 2.

Arguments: the folder of events, the file of observations, the file to write the answers to.
"""

from __future__ import annotations

import sys
import time
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import temporian as tp

from benchmarks.windows import WINDOWS
from benchmarks.workers.protocol import serve

ORIGIN = 1_704_067_200_000_000  # times are float64 seconds: near 0 they hold every microsecond
HALF_A_MICROSECOND = 0.5e-6


def run(events_folder: str, observation_file: str, answer_file: str) -> dict[str, Any]:
    """Go from Parquet to Arrow once; ``kernel_seconds`` leaves reading and indexing out."""
    start = time.perf_counter()
    events = pq.read_table(events_folder, columns=["key", "time", "amount"])
    amounts = tp.event_set(
        timestamps=_seconds(events["time"]),
        features={"key": events["key"].to_numpy(), "amount": events["amount"].to_numpy()},
        indexes=["key"],
    )
    asked = pq.read_table(observation_file, columns=["row", "key", "t"])
    # A window of temporian's is (t - w, t]; half a microsecond earlier it is ours, [t - w, t).
    sampling = tp.event_set(
        timestamps=_seconds(asked["t"]) - HALF_A_MICROSECOND,
        features={"key": asked["key"].to_numpy(), "row": asked["row"].to_numpy()},
        indexes=["key"],
    )
    indexed = time.perf_counter()
    parts = [sampling]
    for window, length in WINDOWS.items():
        seconds = length / 1e6
        moving = {"sampling": sampling, "window_length": seconds}
        parts += [
            amounts.moving_sum(**moving).rename(f"amount_sum_{window}"),
            amounts.moving_count(**moving).rename(f"count_{window}"),
            amounts.moving_min(**moving).rename(f"amount_min_{window}"),
            amounts.moving_max(**moving).rename(f"amount_max_{window}"),
        ]
    result = tp.glue(*parts)
    computed = time.perf_counter()
    answers = _arrow(result)
    seconds = time.perf_counter() - start
    pq.write_table(_with_nulls(answers), answer_file)
    return {"seconds": seconds, "kernel_seconds": computed - indexed, "version": tp.__version__}


def _seconds(times: pa.ChunkedArray) -> Any:
    return (times.cast(pa.int64()).to_numpy() - ORIGIN) / 1e6


def _arrow(result: Any) -> pa.Table:
    names = result.schema.feature_names()
    features = [result.data[index].features for index in result.get_index_keys()]
    columns = (np.concatenate([values[place] for values in features]) for place in range(len(names)))
    return pa.table(dict(zip(names, columns, strict=True)))


def _with_nulls(answers: pa.Table) -> pa.Table:
    """Write an empty window as we do: null, where temporian says 0.0 or NaN."""
    columns = {name: answers[name] for name in answers.column_names}
    for window in WINDOWS:
        empty = answers[f"count_{window}"].to_numpy() == 0
        for name in ("sum", "min", "max"):
            values = columns[f"amount_{name}_{window}"].to_numpy()
            columns[f"amount_{name}_{window}"] = pa.array(values, mask=empty)
    return pa.table(columns)


if __name__ == "__main__":
    serve(partial(run, str(Path(sys.argv[1]).parent), sys.argv[2], sys.argv[3]))
