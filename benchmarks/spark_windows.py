"""The 16 features of ``offline_windows`` on Spark, beside Spark's own sort of the events and its RANGE windows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from benchmarks import data
from benchmarks.answers import check_same
from benchmarks.harness import race
from benchmarks.machine import machine
from benchmarks.measure import Measure, Report
from benchmarks.rivals import spark_events
from benchmarks.zipline_events import VERSION, WINDOW_FEATURES, feature_names, windows_view

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pyspark.sql import SparkSession

DEFAULT_SCALE = 10.0
COMPARED_SCALE = 0.1


def run(scale: float, seed: int) -> Iterator[Measure]:
    """Race Spark's sort, the shuffle and sort that sweeps need, and RANGE windows, all from Parquet to nowhere."""
    events = data.events(scale, seed)
    spark, view = spark_events.session(), windows_view(events)
    zipline, sort, shuffle, ranges = race(
        [
            spark_events.features(spark, events, view, "zipline", VERSION),
            spark_events.sort(spark, events),
            spark_events.shuffle(spark, events),
            spark_events.range_windows(spark, events),
        ]
    )
    compared = _compared(spark, data.events(min(scale, COMPARED_SCALE), seed))
    report = Report("spark_windows", scale, {"machine": machine(), "values_compared": compared})
    yield report.against("16 features beside Spark's sort", zipline, sort, at_most=2.0)
    yield report.against("16 features beside the shuffle and sort alone", zipline, shuffle, at_most=3.0)
    yield report.against("16 features beside 16 of RANGE windows", zipline, ranges, at_most=0.1)
    spark.stop()


def _compared(spark: SparkSession, events: data.Dataset) -> int:
    """Check that zipline and RANGE windows answer alike, on fewer events; return how many values were compared."""
    ours = feature_names(spark_events.training(spark, events, windows_view(events)).toArrow())
    theirs = spark_events.ranges(spark, events).toArrow()
    return check_same(ours, theirs, columns=WINDOW_FEATURES, rival=spark_events.RANGE_WINDOWS)
