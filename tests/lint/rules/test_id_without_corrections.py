"""`id-without-corrections`."""

from __future__ import annotations

import zipline as zl
from tests.lint.small import days, found, said, source, view

RULE = "id-without-corrections"
ROWS = {"id": [1, 2], "user": [1, 1], "ts": days(2)}


def test_an_id_without_a_bound_is_found_once_for_all_views() -> None:
    events = source(ROWS, id=["id", "user"])
    (finding,) = found(RULE, view(events), view(events, name="w"))
    assert said(finding) == (
        "note: source 'events': has id='id, user' and no corrections=: an event may be corrected for ever"
    )


def test_with_a_stream_it_is_to_be_read_online_and_cannot_be() -> None:
    (finding,) = found(RULE, view(source(ROWS, id="id", stream=zl.Push())))
    assert finding.severity == "warning"


def test_with_a_bound_or_without_an_id_is_no_finding() -> None:
    assert found(RULE, view(source(ROWS, id="id", corrections="30d"))) == []
    assert found(RULE, view(source(ROWS))) == []
