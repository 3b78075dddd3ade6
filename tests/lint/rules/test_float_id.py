"""`float-id`."""

from __future__ import annotations

from tests.lint.small import days, found, said, source, view

RULE = "float-id"


def test_an_id_of_floats_is_found() -> None:
    events = source({"id": [1.0, 2.0], "user": [1, 1], "ts": days(2)}, id="id")
    (finding,) = found(RULE, view(events))
    assert said(finding) == (
        "warning: source 'events': id column 'id' is float64: above 2^53 different ids are equal"
    )


def test_an_id_of_integers_is_no_finding() -> None:
    assert found(RULE, view(source({"id": [1, 2], "user": [1, 1], "ts": days(2)}, id="id"))) == []
