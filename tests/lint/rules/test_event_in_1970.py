"""`event-in-1970`."""

from __future__ import annotations

import zipline as zl
from tests.lint.small import T0, found, said, source, times, view

RULE = "event-in-1970"


def test_a_zero_is_found() -> None:
    (finding,) = found(RULE, view(source({"user": [1, 1, 1], "ts": times(T0, 0, T0)})))
    assert said(finding) == "warning: source 'events': event_time 'ts' lies in 1970 in 33.3 % of 3 rows"
    assert finding.hint.startswith("does 0 stand for null?")


def test_a_wrong_unit_is_an_error() -> None:
    seconds = {"user": [1, 1], "at": [1_700_000_000, 1_700_000_060]}
    (finding,) = found(RULE, view(source(seconds, event_time=zl.Timestamp("at", unit="ms"))))
    assert said(finding) == "error: source 'events': event_time 'at' lies in 1970 in 100 % of 2 rows"
    assert finding.hint == "is the unit right? zl.Timestamp('at', unit='s')"


def test_the_year_after_and_the_one_before_are_no_finding() -> None:
    assert found(RULE, view(source({"user": [1, 1], "ts": times(-1, 365 * 86_400_000_000)}))) == []
