"""`null-key`."""

from __future__ import annotations

import pyarrow as pa

from tests.lint.small import days, found, said, source, view

RULE = "null-key"


def test_a_key_that_is_mostly_null_is_found() -> None:
    events = source({"user": [1, None, None, None], "ts": days(4)})
    (finding,) = found(RULE, view(events))
    assert said(finding) == (
        "warning: view 'v', source 'events': 'user' is null in 75.0 % of 4 rows, which are left out"
    )
    assert finding.figures == {"keys": ["user"], "rows": 4, "nulls": 3}


def test_a_key_that_is_always_null_is_an_error() -> None:
    events = source({"user": [1], "buyer": pa.array([None], pa.int64()), "ts": days(1)})
    (finding,) = found(RULE, view(events, keys={"user": "buyer"}))
    assert finding.severity == "error"
    assert "'buyer' is null in 100 % of 1 rows" in finding.message


def test_a_few_nulls_and_those_of_deletions_are_no_finding() -> None:
    rows = {"id": [1, 2, 3, 1], "user": [1, 2, None, None], "ts": days(4), "gone": [False, False, None, True]}
    events = source(rows, id="id", knowledge_time="ts", deleted="gone")
    assert found(RULE, view(events)) == []
