"""The stretch of time that a request can see, and how a scan keeps to it."""

from __future__ import annotations

from dataclasses import dataclass

import pyarrow as pa

from zipline.dsl.timestamp import Timestamp
from zipline.engines.duckdb.sql import quote
from zipline.plan.nodes import Sweep
from zipline.time import MIN_TIME


@dataclass(frozen=True)
class Span:
    """What some observation of a request can see.

    Attributes:
        first, last: the event times: `[first, last]` in microseconds.
        keys: the entities that are asked for: of each part of the key its values; of no part where all are.
    """

    first: int
    last: int
    keys: tuple[pa.ChunkedArray, ...] = ()


def span_of(sweep: Sweep, first: int, last: int) -> Span:
    """Return the event times that observations from `first` to `last` can see through the sweep's windows."""
    reach = 0
    for column in sweep.columns:
        window = column.feature.window
        if window.length_us is None:
            return Span(MIN_TIME, last)
        reach = max(reach, window.length_us + window.offset_us + window.hop_us + window.align_us)
    return Span(max(MIN_TIME, first - reach), last)


def pushed(time: Timestamp, stored: str, span: Span) -> list[str]:
    """Return conditions on the stored column itself, by which files and row groups are skipped unread."""
    column = quote(time.column)
    if time.zone is not None:
        return []
    if time.unit is not None:
        per_second = {"s": 1, "ms": 1_000, "us": 1_000_000, "ns": 1_000_000_000}[time.unit]
        first, last = (bound * per_second // 1_000_000 for bound in (span.first, span.last))
        return [f"{column} >= {first}", f"{column} <= {last + 1}"]
    if stored == "DATE":
        return [
            f"{column} >= make_timestamp({span.first})::DATE",
            f"{column} <= make_timestamp({span.last})::DATE",
        ]
    if stored == "TIMESTAMP":
        return [f"{column} >= make_timestamp({span.first})", f"{column} <= make_timestamp({span.last})"]
    if stored == "TIMESTAMP WITH TIME ZONE":
        return [f"{column} >= make_timestamptz({span.first})", f"{column} <= make_timestamptz({span.last})"]
    return []
