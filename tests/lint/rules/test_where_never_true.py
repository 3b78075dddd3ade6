"""`where-never-true`."""

from __future__ import annotations

import zipline as zl
from tests.lint.small import days, found, said, source, view

RULE = "where-never-true"


def test_a_condition_that_never_holds_is_found() -> None:
    events = source(
        {"user": [1] * 3, "ts": days(3), "kind": ["sale", "Return", None]}, select={"k": "lower(kind)"}
    )
    features = [
        zl.Count(where="kind = 'return'").named("returned").over("1d", "7d"),
        zl.Count(where="k = 'return'").named("really").over("1d"),
    ]
    (finding,) = found(RULE, view(events, features))
    assert said(finding) == (
        "warning: view 'v': where=\"kind = 'return'\" is true for none of 3 rows: returned_1d, returned_7d"
    )


def test_one_member_of_a_union_will_do() -> None:
    members = [source({"user": [1], "ts": days(1), "x": [n]}, name=f"s{n}") for n in (1, 2)]
    union = zl.Union("both", members)
    assert found(RULE, view(union, [zl.Count(where="x = 2").named("two").over("1d")])) == []
    assert len(found(RULE, view(union, [zl.Count(where="x = 3").named("three").over("1d")]))) == 1
