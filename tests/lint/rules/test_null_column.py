"""`null-column`."""

from __future__ import annotations

import pyarrow as pa

import zipline as zl
from tests.lint.small import days, found, said, source, view

RULE = "null-column"


def test_a_column_without_values_is_found() -> None:
    rows = {"user": [1, 1], "ts": days(2), "x": pa.array([None, None], pa.float64()), "y": [None, 1]}
    events = source(rows, select={"z": "x + 1"})
    (first, second) = found(
        RULE, view(events, [zl.Sum("x").over("1d"), zl.Max("y"), zl.Last(["y", "z", "event_time"])])
    )
    assert said(first) == "warning: view 'v': 'x' is null in all 2 rows: x_sum_1d"
    assert second.figures == {"column": "z", "rows": 2, "features": ["y_z_event_time_last"]}


def test_a_count_of_rows_reads_no_column() -> None:
    assert found(RULE, view(source({"user": [1], "ts": days(1)}), [zl.Count()])) == []
