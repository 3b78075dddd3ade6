"""`empty-source`."""

from __future__ import annotations

import pyarrow as pa

from tests.lint.small import days, found, said, source, times, view

RULE = "empty-source"


def test_a_table_without_rows_is_found() -> None:
    (finding,) = found(RULE, view(source({"user": pa.array([], pa.int64()), "ts": times()})))
    assert said(finding) == "warning: source 'events': the table has no rows"


def test_a_where_that_leaves_nothing_is_found() -> None:
    events = source({"user": [1, 2], "ts": days(2), "kind": ["a", "b"]}, where="kind = 'A'")
    (finding,) = found(RULE, view(events))
    assert said(finding) == "warning: source 'events': none of its 2 rows is left by where=\"kind = 'A'\""
    assert finding.figures == {"rows": 2, "kept": 0}


def test_a_source_with_a_row_is_no_finding() -> None:
    assert found(RULE, view(source({"user": [1], "ts": days(1)}))) == []
