"""`known-before-it-happens`."""

from __future__ import annotations

from tests.lint.small import T0, found, said, source, times, view

RULE = "known-before-it-happens"


def test_rows_known_too_early_are_found() -> None:
    rows = {"user": [1, 1, 1], "ts": times(T0, T0, T0), "known": times(T0 - 1, T0, T0 + 1)}
    (finding,) = found(RULE, view(source(rows, knowledge_time="known")))
    assert said(finding) == (
        "warning: source 'events': knowledge_time 'known' lies before event_time 'ts' in 33.3 % of 3 rows"
    )
    assert finding.figures == {"rows": 3, "early": 1}


def test_rows_known_later_are_no_finding() -> None:
    rows = {"user": [1], "ts": times(T0), "known": times(T0 + 1)}
    assert found(RULE, view(source(rows, knowledge_time="known"))) == []
    assert found(RULE, view(source(rows))) == []
