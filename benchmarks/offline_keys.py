"""The 16 features of ``offline_windows`` with 1 k, 100 k and 5 M keys, beside those who like few or many."""

from __future__ import annotations

from typing import TYPE_CHECKING

from benchmarks import data
from benchmarks.answers import check_same
from benchmarks.harness import Timing, race
from benchmarks.machine import machine
from benchmarks.measure import Measure, Report
from benchmarks.rivals import polars_events
from benchmarks.rivals.elsewhere import temporian_windows
from benchmarks.zipline_events import WINDOW_FEATURES, feature_names, training_set, windows_view

if TYPE_CHECKING:
    from collections.abc import Iterator

    from benchmarks.data import Dataset
    from benchmarks.harness import Contender

DEFAULT_SCALE = 10.0
FEW, SOME, MANY = 1_000, 100_000, 5_000_000


def run(scale: float, seed: int) -> Iterator[Measure]:
    """Race temporian on few keys and Polars on many, then compare zipline with itself."""
    report = Report("offline_keys", scale, {"machine": machine()})
    few, some, many = (data.events(scale, seed, keys=keys) for keys in (FEW, SOME, MANY))

    with temporian_windows(few) as temporian:
        on_few, rival = race([_zipline(few), temporian])
    compared = _compare(on_few, rival, WINDOW_FEATURES)
    yield report.against("1 k keys beside temporian", on_few, rival, at_most=1.0, values_compared=compared)

    (on_some,) = race([_zipline(some)])

    on_many, rival = race([_zipline(many), polars_events.running_sums(many)])
    compared = _compare(on_many, rival, polars_events.FEATURES)
    yield report.against("5 M keys beside Polars", on_many, rival, at_most=1.0, values_compared=compared)

    timings = sorted((on_few, on_some, on_many), key=lambda timing: timing.seconds)
    yield report.against("worst beside best of 1 k, 100 k and 5 M keys", timings[-1], timings[0], at_most=2.5)


def _zipline(events: Dataset) -> Contender:
    return training_set(f"zipline, {events.keys:,} keys", events, windows_view(events))


def _compare(zipline: Timing, rival: Timing, columns: tuple[str, ...]) -> int:
    ours = feature_names(zipline.answers)
    return check_same(ours, rival.answers, columns=columns, rival=rival.name)
