"""Rows that belong to nobody are counted."""

from __future__ import annotations

import pyarrow as pa

import zipline as zl

TIMES = pa.array([1, None, 3, 4, None, None], pa.timestamp("us"))
ASKED = pa.table({"user": ["a"], "t": pa.array([10], pa.timestamp("us"))})


def request(rows: pa.Table, **source: str) -> zl.TrainingSet:
    events = zl.EventSource("events", table=zl.Frame(rows), event_time="ts", **source)  # type: ignore[arg-type]
    view = zl.FeatureView("v", entity=zl.Entity("user"), source=events, features=[zl.Count()])
    return zl.FeatureStore().training_set(ASKED, view, time="t")


def test_null_times_and_keys_are_counted_once_each() -> None:
    rows = pa.table({"user": ["a", "a", None, "a", None, "b"], "ts": TIMES})
    asked = request(rows)
    assert asked.left_out() == {"events": {"ts": 3, "user": 1}}
    assert asked.to_arrow()["v__count"].to_pylist() == [2]


def test_a_deletion_needs_its_id_and_knowledge_time_only() -> None:
    rows = pa.table(
        {
            "id": [1, 1, None, 3, 4, 5],
            "user": ["a", None, "a", "a", "a", "a"],
            "ts": pa.array([1, None, 3, 4, 4, None], pa.timestamp("us")),
            "known": pa.array([1, 2, 3, None, 4, 5], pa.timestamp("us")),
            "gone": [False, True, False, False, None, False],
        }
    )
    asked = request(rows, id="id", knowledge_time="known", deleted="gone")
    assert asked.left_out() == {"events": {"id": 1, "known": 1, "ts": 1, "user": 0}}
    assert asked.to_arrow()["v__count"].to_pylist() == [1]
