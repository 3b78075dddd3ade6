"""Aggregations to try the laws on, with the values each takes. A class without a case fails the suite."""

from __future__ import annotations

from array import array
from datetime import date, datetime
from decimal import Decimal
from typing import Any, NamedTuple

from hypothesis import strategies as st

from zipline.aggregations import (
    ApproxCountDistinct,
    BottomK,
    Count,
    CountDistinct,
    DecayedCount,
    DecayedSum,
    First,
    FirstK,
    Histogram,
    Kurtosis,
    Last,
    LastK,
    Max,
    Mean,
    Min,
    MostFrequent,
    Quantile,
    Skew,
    Stddev,
    Sum,
    TimeSinceFirst,
    TimeSinceLast,
    TopK,
    Variance,
    VectorMean,
    VectorSum,
)
from zipline.dsl.aggregation import Aggregation, Input

Values = st.SearchStrategy[Any]


class Case(NamedTuple):
    """An aggregation and the values of its input; nulls are among them only where it keeps them."""

    aggregation: Aggregation
    values: Values


SPECIAL = [
    float("nan"),
    float("inf"),
    float("-inf"),
    -0.0,
    0.0,
    5e-324,
    -2.3e-308,
    1e300,
    -1e300,
    1e-300,
    1.7976931348623157e308,
]
FLOATS = st.sampled_from(SPECIAL) | st.sampled_from([0.1, 0.2, -0.3, 1.0, 3.0]) | st.floats()
INTS = st.integers(-3, 3) | st.integers(-(2**63), 2**63 - 1)
BOOLS = st.booleans()
DECIMALS = st.integers(-(10**38) + 1, 10**38 - 1).map(
    lambda unscaled: Decimal((int(unscaled < 0), tuple(map(int, str(abs(unscaled)))), -2))
)
WORDS = st.sampled_from(["", "a", "B", "é", "日本", "\U0001f6eb", "aa"])
BINARIES = st.binary(max_size=2)
DATES = st.dates(date(1969, 12, 30), date(1970, 1, 3))
TIMES = st.datetimes(datetime(1969, 12, 31), datetime(1970, 1, 2))
LISTS = st.lists(st.none() | FLOATS, max_size=3)
STRUCTS = st.tuples(st.none() | st.integers(0, 1), st.none() | FLOATS).map(
    lambda pair: {"x": pair[0], "y": pair[1]}
)
ORDERABLE: list[Values] = [FLOATS, INTS, BOOLS, DECIMALS, WORDS, BINARIES, DATES, TIMES]
ANY: list[Values] = [*ORDERABLE, LISTS, STRUCTS]
NUMERIC: list[Values] = [FLOATS, INTS, BOOLS, DECIMALS]
COUNTABLE: list[Values] = [WORDS, INTS, BOOLS]
VECTORS: list[Values] = [
    st.lists(FLOATS, min_size=2, max_size=2),
    st.lists(st.none() | st.floats(width=32), min_size=2, max_size=2),
    st.lists(st.floats(width=32), min_size=3, max_size=3).map(lambda items: array("f", items)),
]
PAIRS = st.tuples(st.none() | st.integers(0, 1), st.none() | FLOATS)
NOTHING: Values = st.none()


def _each(aggregations: list[Aggregation], values: list[Values]) -> list[Case]:
    return [Case(aggregation, each) for aggregation in aggregations for each in values]


def _nullable(values: list[Values]) -> list[Values]:
    return [st.none() | each for each in values]


CASES: dict[type[Aggregation], list[Case]] = {
    ApproxCountDistinct: _each([ApproxCountDistinct("x")], ANY),
    BottomK: _each([BottomK("x", 2)], ORDERABLE),
    Count: [Case(Count(), NOTHING), Case(Count("x"), INTS)],
    CountDistinct: _each([CountDistinct("x"), CountDistinct("x", limit=2)], ANY),
    DecayedCount: [Case(DecayedCount(half_life="1s"), NOTHING)],
    DecayedSum: _each([DecayedSum("x", half_life="1s"), DecayedSum("x", half_life="1w")], NUMERIC),
    First: [
        *_each([First("x")], ANY),
        *_each([First("x", nulls=True)], _nullable([FLOATS, LISTS])),
        Case(First(["x", "y"]), PAIRS),
    ],
    FirstK: [
        *_each([FirstK("x", 2), FirstK("x", 3, distinct=True)], ANY),
        *_each([FirstK("x", 3, nulls=True, distinct=True)], _nullable([FLOATS, STRUCTS])),
        *_each([FirstK(["x", "y"], 2), FirstK(["x", "y"], 2, distinct=True)], [PAIRS]),
    ],
    Histogram: _each([Histogram("x"), Histogram("x", 2), Histogram("x", limit=2)], COUNTABLE),
    Kurtosis: _each([Kurtosis("x")], NUMERIC),
    Last: [
        *_each([Last("x")], ANY),
        *_each([Last("x", nulls=True)], _nullable([FLOATS, LISTS])),
        Case(Last(["x", "y"]), PAIRS),
    ],
    LastK: [
        *_each([LastK("x", 2), LastK("x", 3, distinct=True)], ANY),
        *_each([LastK("x", 3, nulls=True, distinct=True)], _nullable([FLOATS, STRUCTS])),
        *_each([LastK(["x", "y"], 2), LastK(["x", "y"], 2, distinct=True)], [PAIRS]),
    ],
    Max: _each([Max("x")], ORDERABLE),
    Mean: _each([Mean("x")], NUMERIC),
    Min: _each([Min("x")], ORDERABLE),
    MostFrequent: _each([MostFrequent("x"), MostFrequent("x", 3, limit=4)], COUNTABLE),
    Quantile: _each([Quantile("x"), Quantile("x", [0.0, 0.9, 1.0], accuracy=0.001)], NUMERIC),
    Skew: _each([Skew("x")], NUMERIC),
    Stddev: _each([Stddev("x"), Stddev("x", sample=True)], NUMERIC),
    Sum: _each([Sum("x")], NUMERIC),
    TimeSinceFirst: [Case(TimeSinceFirst(), NOTHING)],
    TimeSinceLast: [Case(TimeSinceLast(), NOTHING)],
    TopK: _each([TopK("x", 2)], ORDERABLE),
    Variance: _each([Variance("x"), Variance("x", sample=True)], NUMERIC),
    VectorMean: _each([VectorMean("x")], VECTORS),
    VectorSum: _each([VectorSum("x")], VECTORS),
}


def events(values: Values) -> st.SearchStrategy[list[Input]]:
    """Return lists of events: many ties in time, and times far apart on both sides of the epoch."""
    times = st.integers(0, 2) | st.integers(-400_000_000, 400_000_000)
    return st.lists(st.builds(Input, times, st.integers(0, 1), values), max_size=12)
