"""Quantiles and approximate counts: the same bucket and the same register on every engine."""

from __future__ import annotations

import math
from decimal import Decimal
from random import Random
from typing import Any

import pyarrow as pa
import pytest

from tests.conformance.check import agree, expect
from tests.conformance.requests import ask, table, view
from zipline.aggregations import ApproxCountDistinct, Quantile

INF, NAN = math.inf, math.nan


def events(values: list[Any], kind: Any = None) -> pa.Table:
    """Return one event per value, a microsecond apart."""
    return table([{"at": at, "k": 1, "x": x} for at, x in enumerate(values)], **({"x": kind} if kind else {}))


def test_special_values_have_buckets_of_their_own_in_order() -> None:
    values = [NAN, INF, 0.0, -INF, 1e-310, -5e-324, -0.0]
    shares = [0.0, 0.17, 0.34, 0.5, 0.67, 0.84, 1.0]
    expect(
        ask(view(events(values), [Quantile("x", shares).named("q")]), 99),
        v__q=[[-INF, 0.0, 0.0, 0.0, 0.0, INF, NAN]],
    )


def test_negatives_are_mirrored() -> None:
    values = [-100.0, -10.0, -1.0, 1.0, 10.0, 100.0]
    shares = [n / 5 for n in range(6)]
    answer = agree(ask(view(events(values), [Quantile("x", shares).named("q")]), 99)).rows[0]["v__q"]
    assert answer == [-each for each in answer[::-1]]
    assert all(abs(given / value - 1) < 0.010001 for given, value in zip(answer, values, strict=True))


@pytest.mark.parametrize("accuracy", ["0.01", "0.001", "0.1", "0.5"])
def test_the_ends_of_the_range(accuracy: str) -> None:
    values = [
        1.7976931348623157e308,
        2.0**-1022,
        2.2250738585072014e-308 * 1.5,
        1e308,
        2.0**1023,
        -(2.0**-1022),
        1.0,
        2.0,
    ]
    shares = [n / 7 for n in range(8)]
    agree(ask(view(events(values), [Quantile("x", shares, accuracy=accuracy).named("q")]), 99))


def test_ranks_are_floored_in_float64() -> None:
    values = [float(n) for n in range(1, 31)]
    shares = [0.1, 0.3, 0.7, 0.9, 0.99, 1 / 3, 2 / 3, 0.1 + 0.2]
    features = [
        Quantile("x", shares).named("q"),
        Quantile("x", 0.9).over("7us", "10us"),
        Quantile("x").over("2us"),
    ]
    agree(ask(view(events(values), features), *range(32)))


def test_many_values_on_and_beside_the_edges_of_buckets() -> None:
    random = Random(5)
    values = [
        math.ldexp(random.uniform(1, 2), random.randrange(-20, 20)) * random.choice([1, 1, -1])
        for _ in range(300)
    ]
    values += [2.0**n for n in range(-10, 10)] + [float(n) for n in range(-20, 20)]
    features = [
        Quantile("x", [0.01, 0.25, 0.5, 0.75, 0.99], accuracy=a).named(f"q{i}").over("40us", "1h")
        for i, a in enumerate((0.01, 0.003, 0.2))
    ]
    agree(ask(view(events(values), features), *range(0, 400, 9)))


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        ([1, 2, 3, None, 2**62, -5], pa.int64()),
        ([True, False, True], pa.bool_()),
        ([Decimal("1.10"), Decimal("-3.00"), Decimal("12345678.90")], pa.decimal128(20, 2)),
    ],
)
def test_quantiles_of_other_numbers(values: list[Any], kind: Any) -> None:
    agree(
        ask(
            view(events(values, kind), [Quantile("x", [0.0, 0.5, 1.0]).named("q"), Quantile("x", 0.5)]),
            1,
            2,
            3,
            9,
        )
    )


KINDS: dict[str, tuple[Any, list[Any]]] = {
    "int": (pa.int64(), [*range(-50, 50), 2**63 - 1, -(2**63)]),
    "float": (pa.float64(), [n / 7 for n in range(100)] + [0.0, -0.0, NAN, -NAN, INF]),
    "bool": (pa.bool_(), [True, False, True]),
    "string": (pa.string(), ["", *("x" * n for n in range(1, 80)), "é", "\U0001f701"]),
    "binary": (pa.binary(), [b"", b"\x00", b"\x00\x00", b"abc"]),
    "date": (pa.date32(), list(range(-50, 50))),
    "timestamp": (pa.timestamp("us"), list(range(-50, 50))),
    "decimal": (
        pa.decimal128(38, 3),
        [Decimal(n).scaleb(-3) for n in (-1, 0, 1, 2**63, 2**64, -(2**64), 10**37)],
    ),
}


@pytest.mark.parametrize("name", KINDS)
def test_approximate_counts_of_each_type(name: str) -> None:
    kind, values = KINDS[name]
    rows = events([*values, None, *values], kind)
    agree(
        ask(
            view(rows, [ApproxCountDistinct("x"), ApproxCountDistinct("x").over("30us")]),
            0,
            1,
            2,
            30,
            60,
            500,
        )
    )


def test_approximate_counts_of_many() -> None:
    rows = events([f"user-{n * n}" for n in range(6000)])
    answer = agree(ask(view(rows, [ApproxCountDistinct("x")]), 100, 1000, 6000)).rows
    assert [
        round(row["v__x_approx_count_distinct"] / n, 1)
        for row, n in zip(answer, (100, 1000, 6000), strict=True)
    ] == [1] * 3
