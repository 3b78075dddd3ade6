"""What users give for tables and times, as the engine and the plan take it."""

from __future__ import annotations

import time as clock
from pathlib import Path
from typing import Any

from zipline.dsl.table import Csv, Frame, Json, Parquet, Table
from zipline.errors import RequestError
from zipline.plan.nodes import Visibility
from zipline.time import TimeLike, to_micros


def visible(as_of: TimeLike | None, hindsight: bool = False) -> Visibility:
    """Return the knowledge axis of a request; without `as_of` it is the clock's."""
    return Visibility(to_micros(as_of) if as_of is not None else clock.time_ns() // 1000, hindsight)


def as_table(observations: Any) -> Table:
    """Return observations as a table: a table as it is, a path by its ending, anything else in memory.

    A path is one of the current folder, as everywhere in Python; a table's is one of the repository.
    """
    if isinstance(observations, Table):
        return observations
    if not isinstance(observations, (str, Path)):
        return Frame(observations)
    path = str(observations)
    place = path if "://" in path else str(Path(path).expanduser().absolute())
    name = path.removesuffix(".gz").removesuffix(".zst").lower()
    if name.endswith((".csv", ".tsv")):
        return Csv(place, delimiter="\t" if name.endswith(".tsv") else ",")
    if name.endswith((".json", ".jsonl", ".ndjson")):
        return Json(place)
    if name.endswith((".parquet", ".pq", "/")) or Path(place).is_dir():
        return Parquet(place)
    raise RequestError(
        f"cannot tell the format of {path!r}", hint="say it: zl.Parquet(path), zl.Csv(path) or zl.Json(path)"
    )
