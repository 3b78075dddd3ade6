"""Observations in, training set out: rows, order, columns, and times in every form."""

from __future__ import annotations

import math
from datetime import UTC, datetime
from typing import Any

import pyarrow as pa
import pytest

from tests.conformance.check import agree, expect
from tests.conformance.dataset import DAY, HOUR
from tests.conformance.engines import ENGINES, TRAINING_SETS, Case
from tests.conformance.requests import ask, table, view
from zipline.aggregations import Count, Last, LastK, Mean, Quantile, Sum
from zipline.dsl import Derived, Entity, EventSource, FeatureService, FeatureView, Frame, Timestamp, Window
from zipline.errors import ZiplineError

EVENTS = table([{"at": n * HOUR, "k": n % 3, "x": n / 2} for n in range(48)])


def test_one_row_per_observation_in_the_order_given() -> None:
    rows = [
        {"t": t * HOUR, "k": k, "n": n}
        for n, (t, k) in enumerate([(9, 1), (2, 0), (9, 1), (47, 2), (2, None), (0, 1), (9, 1)])
    ]
    observations = table(rows, k=pa.int64())
    answer = agree(Case(view(EVENTS, [Count(), Sum("x").over("6h")]), observations))
    assert [row["n"] for row in answer.rows] == list(range(7))
    assert [row["v__count"] for row in answer.rows] == [3, 1, 3, 15, 0, 0, 3]


def test_other_observations_change_nothing() -> None:
    features = view(EVENTS, [Sum("x").over("1h", "9h"), LastK("x", 3)])
    alone = agree(ask(features, 9 * HOUR)).rows[0]
    crowd = agree(ask(features, *range(0, 60 * HOUR, 3 * HOUR))).rows
    assert alone in crowd


def test_input_columns_are_kept_as_they_were() -> None:
    observations = pa.table(
        {
            "t": pa.array([HOUR * 1000 * 5 + 999, -1], pa.timestamp("ns", tz="Asia/Tokyo")),
            "k": pa.array([1, 2], pa.int16()),
            "zero": [-0.0, math.nan],
            "text": pa.array(["a", "b"]).dictionary_encode(),
            "nested": pa.array([[{"a": 1}], None], pa.list_(pa.struct([("a", pa.int8())]))),
            "none": pa.nulls(2),
            "v": pa.array([[1.0, 2.0], None], pa.list_(pa.float32(), 2)),
            'Odd name, "quoted"': [1, 2],
        }
    )
    agree(Case(view(EVENTS, [Count()]), observations))


def test_columns_of_any_name() -> None:
    events = table([{"at": 0, "select": 1, "a b": 2.0, 'q"q': "x", "Ünï": 5, "AT": 1}])
    features = [
        Sum("a b").named("one"),
        Last('q"q').named("two"),
        Sum("Ünï").named("three"),
        Count(where='"a b" > 1').named("four"),
    ]
    built = view(events, features, keys=["select"])
    expect(Case(built, table([{"t": 1, "select": 1}])), v__one=[2.0], v__two=["x"], v__three=[5], v__four=[1])


def test_no_observations_and_no_events() -> None:
    observations = pa.table({"t": pa.array([], pa.timestamp("us")), "k": pa.array([], pa.int64())})
    features = [Count(), Sum("x"), LastK("x", 2), Mean("x", by="k")]
    assert agree(Case(view(EVENTS, features), observations)).rows == []
    agree(ask(view(EVENTS.slice(0, 0), features), 0, HOUR))


@pytest.mark.parametrize("engine", TRAINING_SETS)
def test_a_null_time_is_an_error_that_names_the_row(engine: str) -> None:
    observations = pa.table({"t": pa.array([1, None], pa.timestamp("us")), "k": [1, 1]})
    with pytest.raises(ZiplineError, match=r"(?i)time"):
        ENGINES[engine](Case(view(EVENTS, [Count()]), observations))


MOMENTS = [
    datetime(1969, 12, 31, 23, 59, 59, 999999, UTC),
    datetime(1970, 1, 1, tzinfo=UTC),
    datetime(2024, 2, 29, 12, tzinfo=UTC),
]

FORMS: dict[str, tuple[Any, Any]] = {
    "seconds": (pa.array([-1, 0, 1709208000], pa.timestamp("s")), "t"),
    "milliseconds": (pa.array([-1, 0, 1709208000000], pa.timestamp("ms", tz="UTC")), "t"),
    "microseconds, zone": (pa.array(MOMENTS, pa.timestamp("us", tz="America/New_York")), "t"),
    "nanoseconds": (pa.array([-1, 0, 999, 1000, 1709208000 * 10**9 + 1], pa.timestamp("ns")), "t"),
    "dates": (pa.array([-1, 0, 19782], pa.date32()), "t"),
    "dates in ms": (pa.array([-86_400_000, 0], pa.date64()), "t"),
    "strings": (
        pa.array(
            [
                "1970-01-01",
                "2024-02-29T12:00",
                "2024-02-29 12:00:01.5",
                "2024-02-29T12:00:00.1234567Z",
                "1969-12-31T23:59:59.999999+00:00",
                "2024-02-29T12:00:00+05",
                "2024-02-29T12:00:00-0330",
                "2024-02-29T12:00+05:45",
                "0001-01-01",
                "9999-12-31T23:59:59.999999",
            ]
        ),
        "t",
    ),
    "ints of s": (pa.array([-1, 0, 1709208000]), Timestamp("t", unit="s")),
    "ints of ms": (pa.array([-1, 0, 1709208000123]), Timestamp("t", unit="ms")),
    "ints of us": (pa.array([-1, 0, 1709208000123456]), Timestamp("t", unit="us")),
    "ints of ns": (pa.array([-1, 0, 999, 1000, 1709208000123456789]), Timestamp("t", unit="ns")),
    "local times": (
        pa.array(
            [
                datetime(2024, 3, 10, 2, 30),
                datetime(2024, 3, 10, 3, 0),
                datetime(2024, 11, 3, 1, 30),
                datetime(2024, 11, 3, 2, 0),
                datetime(1960, 7, 4),
            ],
            pa.timestamp("us"),
        ),
        Timestamp("t", zone="America/New_York"),
    ),
    "local strings": (
        pa.array(["2024-03-31T02:30", "2024-10-27 02:30:00.5", "2024-07-01"]),
        Timestamp("t", zone="Europe/Berlin"),
    ),
}


@pytest.mark.parametrize("name", FORMS)
def test_times_in_every_form(name: str) -> None:
    """Each form is read as event time, as knowledge time and as the time of observations."""
    array, declared = FORMS[name]
    n = len(array)
    events = pa.table({"t": array, "k": [1] * n, "n": [2**each for each in range(n)]})
    times = [
        -(2**45),
        -DAY,
        -1,
        0,
        1,
        2,
        1709208000 * 10**6,
        1709208000 * 10**6 + 1,
        1709300000 * 10**6,
        2 * 10**15,
    ]
    entity = Entity("thing", keys="k")
    by_time = EventSource("by_time", table=Frame(events), event_time=declared)
    known = EventSource("known", table=Frame(events), event_time=declared, knowledge_time=declared)
    sum_of: list[Any] = [Sum("n"), LastK(["n", "event_time"], 99), Sum("n").over("1d")]
    views = [
        FeatureView(source.name, entity=entity, source=source, features=sum_of) for source in (by_time, known)
    ]
    agree(ask(views, *times))
    stamps = table([{"at": at, "k": 1} for at in times])
    agree(Case(view(stamps, [Count(), Count().over("1d"), LastK(["event_time"], 3)]), events, time=declared))


@pytest.mark.parametrize(
    "text",
    ["2024-02-30", "yesterday", "2024-1-1", "2024-01-01T25:00", "2024-01-01T10:00 UTC", "20240101", ""],
)
@pytest.mark.parametrize("engine", TRAINING_SETS)
def test_other_strings_are_refused(engine: str, text: str) -> None:
    observations = pa.table({"t": ["2024-01-01", text], "k": [1, 1]})
    with pytest.raises(ZiplineError):
        ENGINES[engine](Case(view(EVENTS, [Count()]), observations))


def test_names_and_order_of_columns() -> None:
    features = [
        Count().over("1h", "1d"),
        Mean("x").over("90m", Window("7d", hop="1d")),
        Quantile("x", 0.9).over("30d"),
        Quantile("x", 0.999),
        Count(where="x > 1").named("late").over("7d"),
        LastK(["x", "at"], 5).over("7d"),
        Sum("x", by="k").over(Window("7d", offset="1d")),
        Count().over(Window.lifetime(offset="2h")),
        Derived("rate", "late_7d / nullif(count_1d, 0)"),
        Count("x"),
    ]
    built = view(EVENTS, features)
    answer = agree(ask([built.bind("b", keys={"k": "k"})["rate", "x_count"], built], HOUR))
    assert list(answer.types) == [
        "t",
        "k",
        "b__rate",
        "b__x_count",
        "v__count_1h",
        "v__count_1d",
        "v__x_mean_90m",
        "v__x_mean_7d",
        "v__x_q90_30d",
        "v__x_q99_9",
        "v__late_7d",
        "v__x_at_last5_7d",
        "v__x_sum_by_k_7d_offset_1d",
        "v__count_offset_2h",
        "v__rate",
        "v__x_count",
    ]


def test_a_service_derives_from_outputs_and_the_request() -> None:
    built = view(EVENTS, [Sum("x").over("1d"), Count(), Derived("mean", "x_sum_1d / count")])
    service = FeatureService(
        "model",
        [
            built["mean", "count"],
            Derived("ratio", "distance / v__mean"),
            Derived("twice", "ratio * 2 + v__count"),
        ],
        request={"distance": "double", "name": "string"},
        time="t",
    )
    observations = table(
        [{"t": 9 * HOUR, "k": 1, "distance": 3, "name": "a"}, {"t": 0, "k": 1, "distance": 1, "name": None}]
    )
    expect(Case(service, observations, time=None), ratio=[3 / ((0.5 + 2.0 + 3.5) / 3), None])
