"""`null-time`."""

from __future__ import annotations

from tests.lint.small import T0, found, said, source, times, view

RULE = "null-time"


def test_times_that_are_mostly_null_are_found() -> None:
    rows = {"user": [1, 1], "ts": times(T0, None), "known": times(None, None)}
    first, second = found(RULE, view(source(rows, knowledge_time="known")))
    assert said(first) == (
        "error: source 'events': knowledge_time 'known' is null in 100 % of 2 rows, which are left out"
    )
    assert said(second) == (
        "warning: source 'events': event_time 'ts' is null in 50.0 % of 2 rows, which are left out"
    )


def test_a_few_nulls_are_no_finding() -> None:
    assert found(RULE, view(source({"user": [1, 1, 1], "ts": times(T0, T0, None)}))) == []
