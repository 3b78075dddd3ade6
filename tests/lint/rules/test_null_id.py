"""`null-id`."""

from __future__ import annotations

import pyarrow as pa

from tests.lint.small import days, found, said, source, view

RULE = "null-id"


def test_an_id_that_is_mostly_null_is_found() -> None:
    rows = {"id": [1, None, None], "part": [1, 1, 1], "user": [1, 1, 1], "ts": days(3)}
    (finding,) = found(RULE, view(source(rows, id=["id", "part"])))
    assert said(finding) == (
        "warning: source 'events': id 'id' or 'part' is null in 66.7 % of 3 rows, which are left out"
    )
    assert finding.figures == {"id": ["id", "part"], "rows": 3, "nulls": 2}


def test_an_id_that_is_always_null_is_an_error() -> None:
    rows = {"id": pa.array([None], pa.int64()), "user": [1], "ts": days(1)}
    assert [each.severity for each in found(RULE, view(source(rows, id="id")))] == ["error"]


def test_a_few_nulls_or_no_id_are_no_finding() -> None:
    rows = {"id": [1, 2, None], "user": [1, 1, 1], "ts": days(3)}
    assert found(RULE, view(source(rows, id="id"))) == []
    assert found(RULE, view(source(rows))) == []
