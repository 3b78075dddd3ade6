"""Sum, count, min and max over 1h, 1d, 7d and 30d of ``events-S``: 16 features, from Parquet to Arrow."""

from __future__ import annotations

from typing import TYPE_CHECKING

from benchmarks import data
from benchmarks.answers import check_same
from benchmarks.harness import race
from benchmarks.machine import machine
from benchmarks.measure import Measure, Report
from benchmarks.rivals import duckdb_events, polars_events
from benchmarks.zipline_events import WINDOW_FEATURES, feature_names, training_set, windows_view

if TYPE_CHECKING:
    from collections.abc import Iterator

DEFAULT_SCALE = 10.0


def run(scale: float, seed: int) -> Iterator[Measure]:
    """Race DuckDB's bare sort, Polars' running sums (sums and counts only) and DuckDB's RANGE windows."""
    events = data.events(scale, seed)
    zipline, sort, sums, packed, ranges = race(
        [
            training_set("zipline", events, windows_view(events)),
            duckdb_events.sort(events, ("key", "time", "amount")),
            polars_events.running_sums(events),
            polars_events.packed_sums(events),
            duckdb_events.range_windows(events),
        ]
    )
    ours = feature_names(zipline.answers)
    compared = {
        sums.name: check_same(ours, sums.answers, columns=polars_events.FEATURES, rival=sums.name),
        packed.name: check_same(ours, packed.answers, columns=polars_events.FEATURES, rival=packed.name),
        ranges.name: check_same(ours, ranges.answers, columns=WINDOW_FEATURES, rival=ranges.name),
    }
    report = Report("offline_windows", scale, {"machine": machine(), "values_compared": compared})
    yield report.against("16 features beside a bare sort", zipline, sort, at_most=2.0)
    yield report.against("16 features beside 8 of running sums", zipline, sums, at_most=0.7)
    yield report.against("16 features beside 8 of packed running sums", zipline, packed, at_most=0.7)
    yield report.against("16 features beside 16 of RANGE windows", zipline, ranges, at_most=0.05)
