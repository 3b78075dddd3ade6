"""The 16 features of ``offline_windows`` on Spark at S / 10, S and 5 S: time per event beside the middle scale's."""

from __future__ import annotations

from typing import TYPE_CHECKING

from benchmarks import data
from benchmarks.harness import Timing, race
from benchmarks.machine import machine
from benchmarks.measure import Measure, Report
from benchmarks.rivals import spark_events
from benchmarks.zipline_events import VERSION, windows_view

if TYPE_CHECKING:
    from collections.abc import Iterator

DEFAULT_SCALE = 10.0


def run(scale: float, seed: int) -> Iterator[Measure]:
    """Run every scale in turn, on one session; the time is of all from Parquet to rows that go nowhere."""
    spark = spark_events.session()
    scales = [scale * factor for factor in (1.0, 0.1, 5.0)]
    made = [data.events(each, seed) for each in scales]
    timings = race(
        [
            spark_events.features(spark, events, windows_view(events), f"zipline, {each:g} M events", VERSION)
            for each, events in zip(scales, made, strict=True)
        ],
        ours=len(scales),
    )
    per_million = [
        Timing(timing.name, timing.version, [seconds / each for seconds in timing.runs])
        for each, timing in zip(scales, timings, strict=True)
    ]
    detail = {timing.name: {"seconds": round(timing.seconds, 3)} for timing in timings}
    report = Report("spark_scale", scales[-1], {"machine": machine(), **detail})
    middle, small, large = per_million
    yield report.against(
        f"a million events of {scales[2]:g} M, beside {scales[0]:g} M", large, middle, at_most=1.3
    )
    yield report.against(
        f"a million events of {scales[1]:g} M, beside {scales[0]:g} M", small, middle, at_most=5.0
    )
    spark.stop()
