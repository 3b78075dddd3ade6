"""`where`, `by` and `default`: which events are inputs, and what stands where none is left."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pyarrow as pa
import pytest

from tests.conformance.check import agree, expect
from tests.conformance.requests import ask, table, view
from zipline.aggregations import (
    ApproxCountDistinct,
    Count,
    DecayedCount,
    DecayedSum,
    First,
    Histogram,
    Last,
    LastK,
    Max,
    Mean,
    MostFrequent,
    Quantile,
    Skew,
    Sum,
    TimeSinceLast,
    TopK,
    VectorSum,
)

ROWS = table(
    [
        {"at": 0, "k": 1, "c": "b", "x": 1.0, "n": 1},
        {"at": 1, "k": 1, "c": "a", "x": None, "n": None},
        {"at": 2, "k": 1, "c": None, "x": 4.0, "n": 4},
        {"at": 3, "k": 1, "c": "b", "x": -0.0, "n": -4},
        {"at": 4, "k": 2, "c": "z", "x": 9.0, "n": 9},
    ]
)


def test_by_groups_inside_the_window() -> None:
    features = [
        Sum("x", by="c"),
        Count(by="c"),
        Count("x", by="c"),
        Count(by="c").over("2us"),
        LastK("n", 2, by="c"),
    ]
    expect(
        ask(view(ROWS, features), 0, 1, 2, 4, 5),
        v__x_sum_by_c=[{}, {"b": 1.0}, {"b": 1.0}, {"b": 1.0}, {"b": 1.0}],
        v__count_by_c=[{}, {"b": 1}, {"a": 1, "b": 1}, {"a": 1, "b": 2}, {"a": 1, "b": 2}],
        v__x_count_by_c=[{}, {"b": 1}, {"b": 1}, {"b": 2}, {"b": 2}],
        v__count_by_c_2us=[{}, {"b": 1}, {"a": 1, "b": 1}, {"b": 1}, {"b": 1}],
        v__n_last2_by_c=[{}, {"b": [1]}, {"b": [1]}, {"b": [-4, 1]}, {"b": [-4, 1]}],
    )


def test_a_group_whose_statistic_is_null_stays() -> None:
    expect(ask(view(ROWS, [Skew("x", by="c"), Histogram("n", by="c")]), 9), v__x_skew_by_c=[{"b": None}])


def test_by_takes_keys_of_each_type_in_order() -> None:
    kinds: dict[str, tuple[Any, list[Any]]] = {
        "bool": (pa.bool_(), [True, False, None]),
        "int": (pa.int64(), [2, -(2**63), 10, None]),
        "string": (pa.string(), ["b", "", "é", "B", None, "\U0001f701", "\uffff"]),
        "binary": (pa.binary(), [b"\xff", b"", b"a", None]),
        "date": (pa.date32(), [5, -5, None]),
        "timestamp": (pa.timestamp("us"), [5, -5, None]),
        "decimal": (pa.decimal128(9, 2), [Decimal("2.00"), Decimal("-2.00"), None]),
    }
    for kind, groups in kinds.values():
        rows = table([{"at": n, "k": 1, "g": group} for n, group in enumerate(groups * 2)], g=kind)
        agree(ask(view(rows, [Count(by="g"), Count(by="g").over("3us"), TimeSinceLast(by="g")]), 0, 1, 4, 99))


def test_where_keeps_events_for_which_it_is_true() -> None:
    features = [
        Count(where="x > 0.5").named("big"),
        Sum("x", where="n < 3 OR c = 'b'").named("some"),
        Count(where="x IS NULL").named("unknown"),
        Last("n", where="c IS NOT NULL").named("last"),
        Count(where="NULL").named("never"),
        Count("x", where="true").named("all"),
    ]
    expect(
        ask(view(ROWS, features), 1, 3, 4),
        v__big=[1, 2, 2],
        v__some=[1.0, 1.0, 1.0],
        v__unknown=[0, 1, 1],
        v__last=[1, 1, -4],
        v__never=[0, 0, 0],
        v__all=[1, 2, 3],
    )


def test_a_default_stands_where_no_input_is_left() -> None:
    features = [
        Count("x", where="n > 3", default=-1).named("count"),
        Sum("n", where="n > 3", default=0).named("sum"),
        Mean("n", default=0).named("mean"),
        Max("c", default="none").named("max"),
        Histogram("c", default={"none": 1}).named("histogram"),
        LastK("n", 2, default=[0]).named("list"),
        Sum("x", by="c", default={"none": 0}).named("map"),
        Skew("x", default=5.0).named("skew"),
    ]
    expect(
        ask(view(ROWS, features), 0, 1, 2, 3),
        v__count=[-1, -1, -1, 1],
        v__sum=[0, 0, 0, 4],
        v__mean=[0.0, 1.0, 1.0, 2.5],
        v__max=["none", "b", "b", "b"],
        v__histogram=[{"none": 1}, {"b": 1}, {"a": 1, "b": 1}, {"a": 1, "b": 1}],
        v__list=[[0], [1], [1], [4, 1]],
        v__map_by_c=[{"none": 0.0}, {"b": 1.0}, {"b": 1.0}, {"b": 1.0}],
        v__skew=[5.0, None, None, None],
    )


def test_a_null_that_was_kept_is_an_input() -> None:
    features = [
        Last("x", nulls=True, default=7.0),
        First("x", default=7.0),
        Last(["x"], default={"x": 7.0}).named("both"),
    ]
    expect(
        ask(view(table([{"at": 0, "k": 1, "x": None}], x=pa.float64()), features), 0, 1),
        v__x_last=[7.0, None],
        v__x_first=[7.0, 7.0],
        v__both=[{"x": 7.0}, {"x": None}],
    )


@pytest.mark.parametrize("by", [None, "c"])
def test_all_inputs_null(by: str | None) -> None:
    vector = pa.list_(pa.float64(), 2)
    rows = table(
        [{"at": n, "k": 1, "c": "a", "x": None, "s": None, "v": [None, 1.0]} for n in range(3)],
        x=pa.float64(),
        s=pa.string(),
        v=vector,
    )
    features = [
        Count("x", by=by),
        Sum("x", by=by),
        Mean("x", by=by),
        Quantile("x", [0.5], by=by).named("q"),
        TopK("x", 2, by=by),
        ApproxCountDistinct("s", by=by),
        MostFrequent("s", 2, by=by),
        Histogram("s", by=by),
        First("s", by=by),
        LastK("s", 2, by=by),
        VectorSum("v", by=by),
        DecayedSum("x", half_life="1h", by=by),
        DecayedCount(half_life="1h", by=by),
    ]
    agree(ask(view(rows, features), 0, 2, 9))


def test_frequencies_tie_by_the_smaller_value() -> None:
    rows = table([{"at": n, "k": 1, "s": each} for n, each in enumerate("cbabcaZ")])
    features = [
        MostFrequent("s", 2),
        MostFrequent("s", 9),
        Histogram("s", k=2),
        Histogram("s"),
        MostFrequent("s", 1).over("3us"),
    ]
    expect(
        ask(view(rows, features), 1, 3, 7),
        v__s_most_frequent2=[["c"], ["a", "b"], ["a", "b"]],
        v__s_most_frequent9=[["c"], ["a", "b", "c"], ["a", "b", "c", "Z"]],
        v__s_histogram2=[{"c": 1}, {"a": 1, "b": 1}, {"a": 2, "b": 2}],
        v__s_histogram=[{"c": 1}, {"a": 1, "b": 1, "c": 1}, {"Z": 1, "a": 2, "b": 2, "c": 2}],
        v__s_most_frequent1_3us=[["c"], ["a"], ["Z"]],
    )
