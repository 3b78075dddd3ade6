"""The latest value of 10 columns of 1 M rows for 100 k observations, with 10 to 1000 rows per key."""

from __future__ import annotations

from typing import TYPE_CHECKING

from benchmarks import data
from benchmarks.answers import check_same
from benchmarks.harness import race
from benchmarks.machine import machine
from benchmarks.measure import Measure, Report
from benchmarks.rivals import duckdb_latest
from benchmarks.rivals.elsewhere import feast_latest
from benchmarks.zipline_events import feature_names, latest_view, training_set

if TYPE_CHECKING:
    from collections.abc import Iterator

DEFAULT_SCALE = 1.0
ROWS_PER_KEY = (10, 100, 1000)


def run(scale: float, seed: int) -> Iterator[Measure]:
    """Race DuckDB's bare ASOF join and Feast's DuckDB store."""
    rows = round(scale * 1e6)
    for per_key in ROWS_PER_KEY:
        profiles = data.profiles(rows, per_key, observations=max(rows // 10, 1), seed=seed)
        view = latest_view(profiles, duckdb_latest.COLUMNS)
        with feast_latest(profiles) as feast_contender:
            zipline, asof, feast = race(
                [training_set("zipline", profiles, view), duckdb_latest.asof(profiles), feast_contender]
            )
        ours = feature_names(zipline.answers)
        compared = {
            rival.name: check_same(ours, rival.answers, columns=duckdb_latest.COLUMNS, rival=rival.name)
            for rival in (asof, feast)
        }
        report = Report("offline_latest", scale, {"machine": machine(), "values_compared": compared})
        yield report.against(f"{per_key} rows per key beside a bare ASOF join", zipline, asof, at_most=1.2)
        yield report.against(f"{per_key} rows per key beside Feast", zipline, feast, at_most=1.0)
