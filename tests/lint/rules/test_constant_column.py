"""`constant-column`."""

from __future__ import annotations

import zipline as zl
from tests.lint.small import days, found, said, source, view

RULE = "constant-column"


def test_a_column_of_one_value_is_found() -> None:
    rows = {"user": [1] * 3, "ts": days(3), "x": [5, 5, None], "y": [1, 2, 2], "z": [[1], [1], [1]]}
    features = [zl.Sum("x").over("1d"), zl.Mean("y").over("1d"), zl.Last("z")]
    (finding,) = found(RULE, view(source(rows), features))
    assert said(finding) == ("note: view 'v': 'x' has the same value in all 2 rows that have one: x_sum_1d")


def test_one_row_is_no_finding_nor_are_the_members_of_a_union() -> None:
    members = [source({"user": [1, 1], "ts": days(2), "x": [n, n]}, name=f"s{n}") for n in (1, 2)]
    assert found(RULE, view(zl.Union("both", members), [zl.Sum("x").over("1d")])) == []
    assert found(RULE, view(source({"user": [1], "ts": days(1), "x": [1]}), [zl.Sum("x")])) == []
