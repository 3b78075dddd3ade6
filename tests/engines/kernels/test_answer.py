"""Answers in the timeline's order and back in the request's, with defaults and with failures."""

from __future__ import annotations

import gc
import subprocess
import sys
import weakref
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

import zipline as zl
from tests.engines.kernels.sweeps import feature, line, sweep
from zipline.engines.kernels.answer import answer, answers, put_in_order, with_default
from zipline.engines.kernels.failure import Failure
from zipline.progress import Silent
from zipline.types import FLOAT64, INT64, STRING, DataType, list_of, map_of

EVENTS = [(0, 1), (1, 2), (0, 3), (0, 4)]
ASKED = [(1, 10), (0, 4), (2, 10), (0, 10)]
X, G = [1, 2, 4, 8], ["p", "p", "q", None]


def values(item: Any, kind: DataType, **masks: list[bool]) -> list[Any]:
    """Return a feature's answers in the order of ASKED."""
    built = line(EVENTS, ASKED)
    wanted = feature(item)
    found = answers(
        built,
        {"x": pa.array(X), "g": pa.array(G)},
        {k: np.array(v) for k, v in masks.items()},
        [(wanted, kind)],
        Silent(),
    )
    (column,) = put_in_order([[*found]], built.observations)
    return list(column.to_pylist())


def test_answers_go_back_to_the_order_of_the_observations() -> None:
    assert values(zl.Sum("x"), INT64) == [2, 5, None, 13]
    assert values(zl.Count(), INT64) == [1, 2, 0, 3]


def test_where_keeps_inputs() -> None:
    assert values(zl.Sum("x", where="late").named("n"), INT64, late=[True, False, False, True]) == [
        None,
        1,
        None,
        9,
    ]


def test_a_default_stands_where_no_input_is_left() -> None:
    assert values(zl.Sum("x", default=-1), INT64) == [2, 5, -1, 13]
    assert values(zl.Count(default=7), INT64) == [1, 2, 7, 3]
    assert values(zl.LastK("x", 1, default=[0]), list_of(INT64)) == [[2], [4], [0], [8]]
    assert values(zl.Sum("x", by="g", default={"none": 0}), map_of(STRING, INT64)) == [
        [("p", 2)], [("p", 1), ("q", 4)], [("none", 0)], [("p", 1), ("q", 4)],
    ]  # fmt: skip


def test_a_null_result_is_not_an_empty_window() -> None:
    assert values(zl.Variance("x", sample=True, default=5.0), FLOAT64) == [None, 4.5, 5.0, 12.333333333333334]


def test_a_decayed_away_window_gets_the_default() -> None:
    built = line([(0, 0), (1, 0)], [(0, 10**9), (1, 100)])
    wanted = feature(zl.DecayedCount(half_life="1ms", default=-1.0))
    assert answer(sweep(built), wanted, FLOAT64).to_pylist()[0] == -1.0


def test_groups_without_input_are_absent() -> None:
    assert values(zl.Count(by="g"), map_of(STRING, INT64)) == [
        [("p", 1)], [("p", 1), ("q", 1)], [], [("p", 1), ("q", 1)],
    ]  # fmt: skip
    assert values(zl.Last("x", by="g").over("4us"), map_of(STRING, INT64)) == [
        [],
        [("p", 1), ("q", 4)],
        [],
        [],
    ]


def test_defaults_are_put_where_nothing_is() -> None:
    column = pa.array([1, 2, 3])
    assert with_default(column, np.array([False, True, False]), 9).to_pylist() == [1, 9, 3]
    assert with_default(column, np.array([False, False, False]), 9) is column


BIG = pa.array([2**62, 1, 2**62, 1])


@pytest.mark.parametrize("item", [zl.Sum("x"), zl.Sum("x", by="g")])
def test_a_failure_names_the_row_of_the_observation(item: Any) -> None:
    wanted = feature(item)
    kind = INT64 if item.by is None else map_of(STRING, INT64)
    built = line(EVENTS, ASKED)
    with pytest.raises(Failure, match="more than an int64 can hold") as caught:
        answers(built, {"x": BIG, "g": pa.array(["p"] * 4)}, {}, [(wanted, kind)], Silent())
    assert caught.value.observation == 1
    assert caught.value.feature == wanted
    assert caught.value.hint == "cast the column to double in select=, or take a shorter window"


def test_partitions_are_put_together_in_order() -> None:
    parts: list[list[Any]] = [[pa.array(["c", "a"]), pa.array([3, 1])], [pa.array(["b"]), pa.array([2])]]
    columns = put_in_order(parts, np.array([2, 0, 1]), threads=2)
    assert [column.to_pylist() for column in columns] == [["a", "b", "c"], [1, 2, 3]]
    assert parts == [[None, None], [None] * 2]


def test_progress_is_told_of_every_feature() -> None:
    told: list[str] = []

    class Told(Silent):
        def step(self, label: str) -> None:
            told.append(label)

    features = [(feature(zl.Count()), INT64), (feature(zl.Max("x").over("1d")), INT64)]
    answers(line(EVENTS, ASKED), {"x": pa.array(X)}, {}, features, Told())
    assert told == ["count", "x_max_1d"]


def test_kernels_need_no_engine() -> None:
    code = (
        "import sys; from tests.engines.kernels.test_answer import values, INT64, zl; "
        "assert values(zl.Sum('x'), INT64) == [2, 5, None, 13]; "
        "print([name for name in ('duckdb', 'pyspark', 'polars') if name in sys.modules])"
    )
    ran = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, cwd=Path.cwd(), check=True
    )
    assert ran.stdout.strip() == "[]"


def test_arrays_are_let_go_without_waiting_for_the_garbage_collector() -> None:
    """Inputs and sweep refer to each other; until a collection, gigabytes would stay and fresh ones be asked for."""
    built = line(EVENTS, ASKED)
    held = weakref.ref(built)
    wanted = [(feature(zl.Last("x")), INT64), (feature(zl.Count(by="g")), map_of(STRING, INT64))]
    gc.disable()
    try:
        answers(built, {"x": pa.array(X), "g": pa.array(G)}, {}, wanted, Silent())
        del built
        assert held() is None
    finally:
        gc.enable()
