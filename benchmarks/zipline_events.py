"""Zipline's side: the views that the benchmarks ask for, and a training set of them as a contender."""

from __future__ import annotations

from importlib.metadata import version
from typing import TYPE_CHECKING

import zipline as zl
from benchmarks.harness import Contender, timed
from benchmarks.windows import WINDOWS

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pyarrow as pa

    from benchmarks.data import Dataset
    from benchmarks.dimension import Copies

VERSION = version("zipline-features")
KEY = zl.Entity("key", keys=["key"])
CATEGORY = zl.Entity("category", keys=["category"])
WINDOW_FEATURES = tuple(
    f"{name}_{window}" for name in ("amount_sum", "count", "amount_min", "amount_max") for window in WINDOWS
)


def windows_view(data: Dataset) -> zl.FeatureView:
    """Return sum, count, min and max over four windows: 16 features."""
    source = zl.EventSource("events", table=zl.Parquet(data.event_files), event_time="time")
    return _windows(source)


def knowledge_view(data: Dataset) -> zl.FeatureView:
    """Return the same 16 features where events are late and corrected."""
    source = zl.EventSource(
        "events", table=zl.Parquet(data.event_files), event_time="time", knowledge_time="known", id="id"
    )
    return _windows(source)


def _windows(source: zl.EventSource) -> zl.FeatureView:
    aggregations = (zl.Sum("amount"), zl.Count(), zl.Min("amount"), zl.Max("amount"))
    features = [aggregation.over(*WINDOWS) for aggregation in aggregations]
    return zl.FeatureView("by_key", entity=KEY, source=source, features=features)


def mixed_views(data: Dataset) -> list[zl.FeatureView]:
    """Return 37 features by key and 3 by category, of every kind that models are trained on."""
    source = zl.EventSource("events", table=zl.Parquet(data.event_files), event_time="time")
    amount = [zl.Sum, zl.Mean, zl.Stddev, zl.Min, zl.Max, zl.Last]
    by_key = zl.FeatureView(
        "by_key",
        entity=KEY,
        source=source,
        features=[
            zl.Count().over(*WINDOWS),
            *(aggregation("amount").over(*WINDOWS) for aggregation in amount),
            zl.Count(where="amount > 100").named("large").over(*WINDOWS),
            zl.CountDistinct("category").named("categories").over("7d"),
            zl.Quantile("amount", 0.5).named("q50").over("7d"),
            zl.Quantile("amount", 0.9).named("q90").over("7d"),
            zl.MostFrequent("category", 3).named("frequent").over("7d"),
            zl.LastK("amount", 5).named("last5").over("7d"),
        ],
    )
    by_category = zl.FeatureView(
        "by_category",
        entity=CATEGORY,
        source=source,
        features=[
            zl.Count().over("1d"),
            zl.Sum("amount").over("1d"),
            zl.DecayedSum("amount", half_life="6h").named("decayed").over("1d"),
        ],
    )
    return [by_key, by_category]


def latest_view(data: Dataset, columns: Sequence[str]) -> zl.FeatureView:
    """Return the latest value of each of ``columns``, however old."""
    source = zl.EventSource("profiles", table=zl.Parquet(data.event_files), event_time="time")
    return _attributes(source, columns)


def snapshot_view(data: Copies, columns: Sequence[str]) -> zl.FeatureView:
    """Return ``columns`` as the newest copy known has them."""
    table = zl.Snapshot(zl.Parquet(data.table), date="ds", id="key", columns=columns)
    return _attributes(zl.EventSource("copies", table=table), columns)


def copies_as_events_view(data: Copies, columns: Sequence[str]) -> zl.FeatureView:
    """Return ``columns`` as the newest copy known that has the id has them: every row of every copy an event."""
    source = zl.EventSource("copies", table=zl.Parquet(data.table), event_time="ds", delay="1d")
    return _attributes(source, columns)


def _attributes(source: zl.EventSource, columns: Sequence[str]) -> zl.FeatureView:
    features = [zl.Last(column, nulls=True).named(column) for column in columns]
    return zl.FeatureView("by_key", entity=KEY, source=source, features=features)


def training_set(name: str, data: Dataset, views: zl.FeatureView | list[zl.FeatureView]) -> Contender:
    """Return the contender that makes the training set of ``views``, from Parquet to Arrow."""
    store = zl.FeatureStore()

    def work() -> pa.Table:
        return store.training_set(data.observation_file, views, time="t").to_arrow()

    return Contender(name, VERSION, timed(work))


def feature_names(answers: pa.Table, prefix: str = "by_key__") -> pa.Table:
    """Drop the view's name from the columns' names, so that they match a rival's."""
    return answers.rename_columns([name.removeprefix(prefix) for name in answers.column_names])
