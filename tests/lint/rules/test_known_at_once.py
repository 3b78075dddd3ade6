"""`known-at-once`."""

from __future__ import annotations

from tests.lint.small import T0, days, found, said, source, times, view

RULE = "known-at-once"


def test_a_knowledge_time_that_is_the_event_time_is_found() -> None:
    (finding,) = found(RULE, view(source({"user": [1, 1], "ts": days(2)}, knowledge_time="ts")))
    assert said(finding) == (
        "warning: source 'events': knowledge_time 'ts' equals event_time 'ts' in all 2 rows"
    )


def test_one_row_that_is_late_will_do() -> None:
    rows = {"user": [1, 1], "ts": times(T0, T0), "known": times(T0, T0 + 1)}
    assert found(RULE, view(source(rows, knowledge_time="known"))) == []
