"""A small request that tests of reading vary: two events of user a, one of b, seen by a, b and c."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pyarrow as pa

import zipline as zl

MOMENTS = pa.timestamp("us")
EVENTS = pa.table({"user": ["a", "a", "b"], "ts": pa.array([1, 2, 3], MOMENTS), "x": [1, 2, 4]})
ASKED = pa.table({"user": ["a", "b", "c"], "t": pa.array([10, 10, 10], MOMENTS)})


def view(table: Any, features: Sequence[Any] | None = None, **source: Any) -> zl.FeatureView:
    """Return a view `v` over a table by user, its count and the sum of `x` unless features are given."""
    events = zl.EventSource("events", table=table, **{"event_time": "ts"} | source)
    wanted = features or [zl.Count(), zl.Sum("x")]
    return zl.FeatureView("v", entity=zl.Entity("user"), source=events, features=wanted)


def ask(
    table: Any, features: Sequence[Any] | None = None, *, asked: Any = ASKED, time: Any = "t", **source: Any
) -> zl.TrainingSet:
    """Return the training set of a table's view."""
    return zl.FeatureStore().training_set(asked, view(table, features, **source), time=time)


def sums(table: Any, *, asked: Any = ASKED, time: Any = "t", **source: Any) -> list[int | None]:
    """Return the sums of `x` that the observations see: 3, 4 and None where the table holds the events."""
    answer = ask(table, [zl.Sum("x")], asked=asked, time=time, **source).to_arrow()
    return [None if value is None else int(value) for value in answer["v__x_sum"].to_pylist()]
