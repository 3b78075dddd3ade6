from __future__ import annotations

import pyarrow as pa
import pytest

from benchmarks.answers import AnswersDiffer, check_same


def _table(values: list[object], rows: list[int] | None = None) -> pa.Table:
    return pa.table({"row": rows or list(range(len(values))), "x": values})


def test_rows_may_come_in_any_order() -> None:
    assert check_same(_table([1, 2]), _table([2, 1], [1, 0]), columns=["x"], rival="r") == 2


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        ([1.0, None], [1.0 + 5e-10, None]),
        ([1e6, 0.0], [1e6 + 5e-4, 1e-10]),
        ([float("inf")], [float("inf")]),
        ([7, None], [7, None]),
        ([[1, 2], []], [[1, 2], []]),
        (["a"], ["a"]),
    ],
)
def test_answers_that_agree(ours: list[object], theirs: list[object]) -> None:
    assert check_same(_table(ours), _table(theirs), columns=["x"], rival="r") == len(ours)


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        ([1.0], [1.0 + 5e-9]),
        ([0.0], [None]),
        ([None], [0.0]),
        ([7], [8]),
        ([7], [None]),
        ([[1, 2]], [[2, 1]]),
        ([float("nan")], [1.0]),
        ([float("inf")], [1.0]),
    ],
)
def test_answers_that_differ(ours: list[object], theirs: list[object]) -> None:
    left, right = _table(ours), _table(theirs)
    right = right.set_column(1, "x", right["x"].cast(left["x"].type)) if theirs == [None] else right
    left = left.set_column(1, "x", left["x"].cast(right["x"].type)) if ours == [None] else left
    with pytest.raises(AnswersDiffer, match=r"x: 1 of 1 values differ; row 0: zipline .*, r "):
        check_same(left, right, columns=["x"], rival="r")


def test_a_missing_row_is_named() -> None:
    with pytest.raises(AnswersDiffer, match="r answers 1 rows, zipline 2 or others"):
        check_same(_table([1, 2]), _table([1]), columns=["x"], rival="r")
