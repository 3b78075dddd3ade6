"""`key-seen-once`."""

from __future__ import annotations

from tests.lint.small import days, found, source, view

RULE = "key-seen-once"


def test_a_key_that_never_recurs_is_found() -> None:
    events = source({"user": range(200), "ts": days(200)})
    (finding,) = found(RULE, view(events))
    assert (finding.severity, finding.where) == ("warning", "view 'v', source 'events'")
    assert finding.message.endswith(" different keys in 200 rows: hardly any entity has a second event")
    assert 180 <= finding.figures["distinct"] <= 200


def test_a_key_that_recurs_is_no_finding_nor_are_few_rows() -> None:
    assert found(RULE, view(source({"user": [n // 2 for n in range(200)], "ts": days(200)}))) == []
    assert found(RULE, view(source({"user": range(50), "ts": days(50)}))) == []


def test_versions_of_attributes_are_no_finding() -> None:
    events = source({"user": range(200), "ts": days(200)}, id="user")
    assert found(RULE, view(events)) == []
