"""The one order of events: event time, then knowledge time, then the aggregated value."""

from __future__ import annotations

import math
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pytest

from tests.conformance.check import expect
from tests.conformance.requests import ask, table, view
from zipline.aggregations import BottomK, First, FirstK, Last, LastK, Max, Min, TopK

NAN = math.nan


def test_event_time_then_knowledge_time_then_value() -> None:
    rows = table(
        [
            {"at": 2, "known": 3, "k": 1, "x": 1},
            {"at": 1, "known": 9, "k": 1, "x": 9},
            {"at": 2, "known": 2, "k": 1, "x": 7},
            {"at": 2, "known": 3, "k": 1, "x": 5},
        ]
    )
    features = [First("x"), Last("x"), FirstK("x", 9), LastK("x", 9)]
    expect(
        ask(view(rows, features, knowledge_time="known"), 10),
        v__x_first=[9],
        v__x_last=[5],
        v__x_first9=[[9, 7, 1, 5]],
        v__x_last9=[[5, 1, 7, 9]],
    )
    expect(ask(view(rows, features), 10), v__x_first9=[[9, 1, 5, 7]], v__x_last=[7])


def test_ties_are_settled_per_column() -> None:
    rows = table([{"at": 1, "k": 1, "x": 1, "y": "b"}, {"at": 1, "k": 1, "x": 2, "y": "a"}])
    features = [Last("x"), Last("y"), First("x"), First("y"), Last(["x", "y"]), First(["y", "x"])]
    expect(
        ask(view(rows, features), 2),
        v__x_last=[2],
        v__y_last=["b"],
        v__x_first=[1],
        v__y_first=["a"],
        v__x_y_last=[{"x": 2, "y": "a"}],
        v__y_x_first=[{"y": "a", "x": 2}],
    )


def test_nulls_are_skipped_unless_asked_for_and_lowest_in_a_tie() -> None:
    rows = table([{"at": at, "k": 1, "x": x} for at, x in ((1, None), (1, 5), (2, None), (3, 4), (3, None))])
    skipped = [First("x"), Last("x"), LastK("x", 9)]
    kept = [First("x", nulls=True).named("f")]
    kept2 = [
        Last("x", nulls=True).named("l"),
        LastK("x", 9, nulls=True).named("ls"),
        FirstK("x", 2, nulls=True).named("fs"),
    ]
    expect(
        ask(view(rows, [*skipped, *kept, *kept2]), 2, 3, 4),
        v__x_first=[5, 5, 5],
        v__x_last=[5, 5, 4],
        v__x_last9=[[5], [5], [4, 5]],
        v__f=[None, None, None],
        v__l=[5, None, 4],
        v__ls=[[5, None], [None, 5, None], [4, None, None, 5, None]],
        v__fs=[[None, 5], [None, 5], [None, 5]],
    )


def test_columns_of_one_event_stay_together_with_their_nulls() -> None:
    rows = table(
        [
            {"at": 1, "k": 1, "x": None, "y": None},
            {"at": 2, "k": 1, "x": 1, "y": None},
            {"at": 2, "k": 1, "x": None, "y": 3},
        ],
        x=pa.int64(),
        y=pa.int64(),
    )
    features = [Last(["x", "y"]), LastK(["x", "event_time", "y"], 5), FirstK(["y"], 2)]
    expect(
        ask(view(rows, features), 1, 2, 3),
        v__x_y_last=[None, {"x": None, "y": None}, {"x": 1, "y": None}],
        v__x_event_time_y_last5=[
            [],
            [{"x": None, "event_time": 1, "y": None}],
            [
                {"x": 1, "event_time": 2, "y": None},
                {"x": None, "event_time": 2, "y": 3},
                {"x": None, "event_time": 1, "y": None},
            ],
        ],
        v__y_first2=[[], [{"y": None}], [{"y": None}, {"y": None}]],
    )


def test_distinct_keeps_the_newest_or_the_oldest_event_of_a_value() -> None:
    rows = table([{"at": at, "k": 1, "x": x} for at, x in enumerate("abacba")])
    features = [LastK("x", 2, distinct=True), FirstK("x", 9, distinct=True), LastK("x", 9, distinct=True)]
    expect(
        ask(view(rows, features), 3, 5, 6),
        v__x_last2=[["a", "b"], ["b", "c"], ["a", "b"]],
        v__x_first9=[["a", "b"], ["a", "b", "c"], ["a", "b", "c"]],
        v__x_last9=[["a", "b"], ["b", "c", "a"], ["a", "b", "c"]],
    )


def test_distinct_takes_equal_floats_for_one() -> None:
    rows = table([{"at": at, "k": 1, "x": x} for at, x in enumerate((0.0, -NAN, -0.0, NAN, None, None))])
    features = [LastK("x", 9, distinct=True), LastK("x", 9, distinct=True, nulls=True).named("kept")]
    expect(ask(view(rows, features), 9), v__x_last9=[[NAN, 0.0]], v__kept=[[None, NAN, 0.0]])


ORDERED: dict[str, tuple[Any, list[Any]]] = {
    "bool": (pa.bool_(), [False, True]),
    "int": (pa.int64(), [-(2**63), -1, 0, 2**53, 2**53 + 1, 2**63 - 1]),
    "float": (pa.float64(), [-math.inf, -1e308, -5e-324, 0.0, 5e-324, 1.0, math.inf, NAN]),
    "decimal": (
        pa.decimal128(38, 2),
        [Decimal("-9" * 1 + "9" * 35 + ".99"), Decimal("-0.01"), Decimal("0.00"), Decimal("9" * 36 + ".99")],
    ),
    "string": (pa.string(), ["", "\x00", "A", "Z", "a", "aa", "b", "é", "\uffff", "🜁"]),
    "binary": (pa.binary(), [b"", b"\x00", b"\x00\x00", b"\x01", b"\x7f", b"\x80", b"\xff"]),
    "date": (pa.date32(), [-719162, -1, 0, 1, 2932896]),
    "timestamp": (pa.timestamp("us"), [-62_135_596_800_000_000, -1, 0, 1, 253_402_300_799_999_999]),
}


@pytest.mark.parametrize("name", ORDERED)
def test_values_of_each_type_have_their_order(name: str) -> None:
    kind, values = ORDERED[name]
    shuffled = values[::2] + values[1::2] + [values[0]]
    rows = table([{"at": 1, "k": 1, "x": x} for x in [*shuffled, None]], x=kind)
    features = [Min("x"), Max("x"), TopK("x", 99), BottomK("x", 3), First("x"), Last("x"), LastK("x", 99)]
    ascending = [values[0], *values]
    expect(
        ask(view(rows, features), 2),
        v__x_min=[values[0]],
        v__x_max=[values[-1]],
        v__x_top99=[ascending[::-1]],
        v__x_bottom3=[ascending[:3]],
        v__x_first=[values[0]],
        v__x_last=[values[-1]],
        v__x_last99=[ascending[::-1]],
    )


def test_lists_and_structs_compare_element_by_element_null_first_shorter_first() -> None:
    lists: list[Any] = [[], [None], [None, 5.0], [1.0], [1.0, None], [1.0, 0.0], [NAN]]
    rows = table([{"at": 1, "k": 1, "x": x} for x in reversed([*lists, None])], x=pa.list_(pa.float64()))
    expect(ask(view(rows, [FirstK("x", 9), Last("x")]), 2), v__x_first9=[lists], v__x_last=[[NAN]])
    kind = pa.struct([("b", pa.int64()), ("a", pa.string())])
    structs = [{"b": None, "a": "z"}, {"b": 1, "a": None}, {"b": 1, "a": "a"}, {"b": 2, "a": None}]
    rows = table([{"at": 1, "k": 1, "x": x} for x in [*structs[::-1], None]], x=kind)
    expect(ask(view(rows, [FirstK("x", 9), Last("x")]), 2), v__x_first9=[structs], v__x_last=[structs[-1]])


def test_order_does_not_depend_on_the_order_of_rows() -> None:
    rows = [{"at": n % 7, "known": n % 5, "k": 1, "x": (n * 13) % 11} for n in range(60)]
    features = [LastK("x", 20), FirstK("x", 20), LastK("x", 4, distinct=True).named("distinct")]
    asked = [
        expect(ask(view(table(each), features, knowledge_time="known"), *range(8)))
        for each in (rows, rows[::-1], rows[1::2] + rows[::2])
    ]
    assert asked[0] == asked[1] == asked[2]
