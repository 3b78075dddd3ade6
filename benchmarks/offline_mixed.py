"""40 features of every kind, in a view by key and one by category, beside a bare sort of the events."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow.compute as pc

from benchmarks import audit, data
from benchmarks.answers import AnswersDiffer, check_same
from benchmarks.harness import race
from benchmarks.machine import machine
from benchmarks.measure import Measure, Report
from benchmarks.rivals import duckdb_events
from benchmarks.zipline_events import feature_names, mixed_views, training_set

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pyarrow as pa

DEFAULT_SCALE = 10.0
SKETCHES = ("q50_7d", "q90_7d")
SKETCH_ACCURACY = 0.01


def run(scale: float, seed: int) -> Iterator[Measure]:
    """Race the sort; the answers are audited by plain SQL on a sample of the observations."""
    events = data.events(scale, seed)
    zipline, sort = race(
        [
            training_set("zipline", events, mixed_views(events)),
            duckdb_events.sort(events, ("key", "time", "amount", "category")),
        ]
    )
    compared = _audit(feature_names(zipline.answers), audit.mixed_features(events))
    report = Report("offline_mixed", scale, {"machine": machine(), "values_audited": compared})
    yield report.against("40 features beside a bare sort", zipline, sort, at_most=4.0)


def _audit(answers: pa.Table, audited: pa.Table) -> int:
    """Compare the audited rows' exact features within 1e-9, and the two sketches within their accuracy."""
    ours = answers.filter(pc.is_in(answers["row"], audited["row"].combine_chunks())).sort_by("row")
    audited = audited.sort_by("row")
    exact = [name for name in audited.column_names if name not in ("row", *SKETCHES)]
    compared = check_same(ours, audited, columns=exact, rival="plain SQL")
    for name in SKETCHES:
        error = pc.divide(pc.abs(pc.subtract(ours[name], audited[name])), audited[name])
        worst = pc.max(error).as_py() or 0.0
        if worst > SKETCH_ACCURACY or not ours[name].is_null().equals(audited[name].is_null()):
            message = f"{name}: off by {worst:.2%} of the exact quantile, {SKETCH_ACCURACY:.0%} is promised"
            raise AnswersDiffer(message)
        compared += audited.num_rows
    return compared
