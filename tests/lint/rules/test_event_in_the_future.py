"""`event-in-the-future`."""

from __future__ import annotations

from tests.lint.small import T0, found, said, source, times, view

RULE = "event-in-the-future"
FAR = 253_402_300_799_000_000


def test_a_placeholder_is_found() -> None:
    (finding,) = found(RULE, view(source({"user": [1] * 4, "ts": times(T0, T0, T0, FAR)})))
    assert said(finding) == (
        "warning: source 'events': event_time 'ts' lies in the future in 25.0 % of 4 rows, up to 9999-12-31T23:59:59Z"
    )


def test_the_past_is_no_finding() -> None:
    assert found(RULE, view(source({"user": [1, 1], "ts": times(T0, None)}))) == []
