"""The 16 features of ``offline_windows`` from late and corrected events, beside plain events."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow.compute as pc

from benchmarks import audit, data
from benchmarks.answers import check_same
from benchmarks.harness import race
from benchmarks.machine import machine
from benchmarks.measure import Measure, Report
from benchmarks.zipline_events import (
    WINDOW_FEATURES,
    feature_names,
    knowledge_view,
    training_set,
    windows_view,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

DEFAULT_SCALE = 10.0


def run(scale: float, seed: int) -> Iterator[Measure]:
    """Race zipline without a knowledge time; a sample of the answers is audited by plain SQL."""
    plain, late = data.events(scale, seed), data.events(scale, seed, knowledge=True)
    zipline, simple = race(
        [
            training_set("zipline", late, knowledge_view(late)),
            training_set("zipline offline_windows", plain, windows_view(plain)),
        ]
    )
    audited = audit.window_features(late, knowledge=True)
    ours = feature_names(zipline.answers)
    ours = ours.filter(pc.is_in(ours["row"], audited["row"].combine_chunks()))
    compared = check_same(ours, audited, columns=WINDOW_FEATURES, rival="plain SQL")
    report = Report("offline_knowledge", scale, {"machine": machine(), "values_audited": compared})
    yield report.against("10 % late, 2 % corrected, beside neither", zipline, simple, at_most=3.0)
