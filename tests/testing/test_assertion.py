"""What `assert_features` computes, and what it refuses."""

from __future__ import annotations

import math
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import polars as pl
import pyarrow as pa
import pytest

import zipline as zl
from tests.refusals import refusal
from tests.testing.definitions import EVENTS, ORDERS, SPENDING
from zipline.testing import FeatureMismatch, assert_features

ANN: dict[str, Any] = {"entity": {"customer": "ann"}}


def test_features_at_one_time() -> None:
    assert_features(
        SPENDING,
        EVENTS,
        at="2024-05-06T12:00",
        **ANN,
        expect={
            "count_7d": 2,
            "amount_sum_7d": 50,
            "mean_7d": 25.0,
            "amount_sum_by_shop_7d": {"north": 20.0, "south": 30.0},
            "amount_last2_7d": [30.0, 20.0],
            "shop_event_time_last_7d": {"shop": "south", "event_time": "2024-05-02"},
        },
    )


def test_features_at_several_times() -> None:
    at: list[str | datetime] = [
        datetime(2024, 5, 3, 12),
        datetime(2024, 5, 5, 12, tzinfo=UTC),
        "2024-05-06T12:00",
    ]
    assert_features(
        SPENDING, EVENTS, at=at, **ANN, expect={"count_7d": [2, 1, 2], "amount_last_30d": [50.0, 20.0, 30.0]}
    )
    assert_features(
        SPENDING, EVENTS, at=at, **ANN, expect=[{"count_7d": 2}, {"large_30d": 0}, {"count_7d": 2}]
    )


def test_the_entity_is_that_of_all_events() -> None:
    assert_features(SPENDING, EVENTS[2:4], at="2024-05-03", expect={"amount_sum_7d": 900.0})


def test_no_events_at_all() -> None:
    assert_features(SPENDING, [], at="2024-05-03", **ANN, expect={"count_7d": 0, "amount_sum_7d": None})


def test_a_null_entity() -> None:
    assert_features(SPENDING, EVENTS, at="2024-05-03", entity={"customer": None}, expect={"count_7d": 0})


def test_as_of_and_hindsight() -> None:
    asked: dict[str, Any] = {"at": "2024-05-06T12:00", **ANN}
    assert_features(SPENDING, EVENTS, **asked, as_of="2024-05-05", expect={"count_7d": 1})
    assert_features(
        SPENDING, EVENTS, at="2024-05-03T12:00", **ANN, hindsight=True, expect={"amount_sum_7d": 50.0}
    )


def test_times_after_the_clocks_are_known() -> None:
    future = {"order": 1, "customer": "ann", "amount": 1.0, "ordered": "2999-01-01", "entered": "2999-01-01"}
    assert_features(SPENDING, [future], at="2999-01-02", expect={"count_7d": 1})


def test_columns_that_the_named_features_do_not_read_need_not_be_there() -> None:
    row = {"order": 1, "customer": "ann", "ordered": "2024-05-01", "entered": "2024-05-01"}
    assert_features(SPENDING, [row], at="2024-05-02", expect={"count_7d": 1})


def test_types_come_from_the_values_the_source_or_the_test() -> None:
    numbers = zl.EventSource(
        "numbers", table=zl.Parquet("x"), event_time="ts", schema={"amount": "decimal(10,2)"}
    )
    view = zl.FeatureView(
        "v", entity=zl.Entity("user"), source=numbers,
        features=[zl.Sum("amount"), zl.Max("day"), zl.VectorSum("vector"), zl.Sum("number")],
    )  # fmt: skip
    events = [
        {"user": 7, "ts": "2024-05-01", "amount": "1.10", "day": "2024-04-30", "vector": [1, 2], "number": 1}
    ]
    assert_features(
        view,
        events,
        at="2024-05-02",
        schema={"day": "date", "vector": pa.list_(pa.float32(), 2), "number": "double"},
        expect={
            "amount_sum": Decimal("1.10"),
            "day_max": "2024-04-30",
            "vector_vector_sum": [1.0, 2.0],
            "number_sum": 1,
        },
    )


def test_declared_times() -> None:
    cases: list[tuple[zl.Timestamp, Any]] = [
        (zl.Timestamp("ts", unit="ms"), 1_714_557_600_000),
        (zl.Timestamp("ts", unit="ms"), "2024-05-01T10:00"),
        (zl.Timestamp("ts", zone="America/New_York"), "2024-05-01T06:00"),
    ]
    for time, value in cases:
        source = zl.EventSource("s", table=zl.Parquet("x"), event_time=time)
        view = zl.FeatureView("v", entity=zl.Entity("user"), source=source, features=[zl.TimeSinceLast()])
        assert_features(
            view, [{"user": 1, "ts": value}], at="2024-05-01T10:01", expect={"time_since_last": 60.0}
        )


def test_nan_equals_nan_and_approx_forgives() -> None:
    nan = [
        {"order": 1, "customer": "ann", "amount": math.nan, "ordered": "2024-05-01", "entered": "2024-05-01"}
    ]
    assert_features(SPENDING, nan, at="2024-05-02", expect={"amount_sum_7d": math.nan})
    tenth = [{**nan[0], "amount": 0.1}, {**nan[0], "order": 2, "amount": 0.2}]
    with pytest.raises(FeatureMismatch):
        assert_features(SPENDING, tenth, at="2024-05-02", expect={"mean_7d": 0.15})
    assert_features(SPENDING, tenth, at="2024-05-02", expect={"mean_7d": 0.15}, approx=1e-9)
    assert_features(SPENDING, tenth, at="2024-05-02", expect={"mean_7d": pytest.approx(0.15)})


VISITS = zl.EventSource("visits", table=zl.Csv("nowhere.csv"), event_time="at")
PLACES = zl.FeatureView(
    "places", entity=zl.Entity("place"), source=VISITS, features=[zl.Count().over("1d"), zl.Count()]
)
MODEL = zl.FeatureService(
    "model",
    [
        SPENDING["mean_7d"],
        PLACES.bind("home", keys={"place": "home_id"}),
        zl.Derived("ratio", "price / spending__mean_7d"),
        zl.Derived("hour_asked", "hour(asked_at)"),
    ],
    request={"price": "double", "asked_at": "timestamp"},
    time="asked_at",
    keys={"customer": "buyer"},
)


def test_a_service_with_request_fields() -> None:
    assert_features(
        MODEL,
        {
            "orders": EVENTS,
            "visits": [{"place": 1, "at": "2024-05-06T01:00"}, {"place": 2, "at": "2024-05-06T02:00"}],
        },
        at=["2024-05-06T12:00", "2024-05-07T13:00"],
        entity={"buyer": "ann", "home_id": 2},
        request={"price": 50},
        expect={
            "spending__mean_7d": [25.0, 25.0],
            "home__count_1d": [1, 0],
            "ratio": [2.0, 2.0],
            "hour_asked": [12, 13],
        },
    )


def test_a_part_of_a_service_needs_only_its_part() -> None:
    assert_features(
        MODEL, EVENTS, at="2024-05-06T12:00", entity={"buyer": "ann"}, expect={"spending__mean_7d": 25.0}
    )
    assert_features(MODEL, [{"place": 2, "at": "2024-05-06"}], at="2024-05-07", expect={"home__count": 1})


def test_a_union() -> None:
    saves = zl.EventSource("saves", table=zl.Csv("other.csv"), event_time="saved", delay="1h")
    both = zl.Union("interactions", [VISITS, saves])
    view = zl.FeatureView("v", entity=zl.Entity("place"), source=both, features=[zl.Count().over("1d")])
    events = {
        "visits": [{"place": 1, "at": "2024-05-06T01:00"}],
        "saves": [{"place": 1, "saved": "2024-05-06T01:30"}],
    }
    assert_features(view, events, at=["2024-05-06T02:00", "2024-05-06T03:00"], expect={"count_1d": [1, 2]})


def test_a_snapshot_of_a_dimension() -> None:
    users = zl.EventSource("users", table=zl.Snapshot(zl.Parquet("users/"), date="ds", id="user"))
    view = zl.FeatureView("v", entity=zl.Entity("user"), source=users, features=[zl.Last("plan")])
    copies = [{"ds": "2024-05-01", "user": 1, "plan": "free"}, {"ds": "2024-05-02", "user": 1, "plan": "pro"}]
    assert_features(
        view, copies, at=["2024-05-02T12:00", "2024-05-03T12:00"], expect={"plan_last": ["free", "pro"]}
    )


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            {"expect": {"cuont_7d": 1}},
            "expect= of 'spending': has no feature 'cuont_7d'\nHint: did you mean 'count_7d'?",
        ),
        ({"expect": {}}, "expect=: names no feature"),
        ({"at": []}, "at=: names no time"),
        (
            {"entity": None},
            "the events have several values of 'customer': 'ann', 'bob'\nHint: say whose features",
        ),
        (
            {"entity": None, "events": []},
            "no event has a value of 'customer'\nHint: say whose features are meant",
        ),
        (
            {"entity": {"custmer": "ann"}},
            "entity=: 'custmer' is neither a key nor a request field of 'spending'",
        ),
        ({"request": {"price": 1}}, "request=: 'price' is neither a key nor a request field of 'spending'"),
        ({"at": ["2024-05-03"]}, "expect=: 'count_7d' is 1, for 1 times\nHint: at= is a list"),
        ({"expect": [{"count_7d": 1}] * 2}, "expect=: 2 dicts for 1 times"),
        (
            {"events": {"odrers": []}},
            "events=: the named features read no source 'odrers'\nHint: did you mean 'orders'?",
        ),
        ({"features": ORDERS}, "is neither a view nor a service"),
        (
            {"events": ["x"]},
            "events=: the events of 'orders' are no list of dicts\nHint: write [{'column': value",
        ),
        (
            {"events": {"orders": pl.DataFrame(EVENTS)}},
            "events=: the events of 'orders' are no list of dicts",
        ),
        (
            {"events": [{**EVENTS[0], "ordered": "May"}]},
            "events of source 'orders', [0], 'ordered': 'May' is not a time",
        ),
        (
            {"schema": {"amount": "string"}, "expect": {"amount_sum_7d": 1}},
            "events of source 'orders', [0], 'amount': 20.0 is no string",
        ),
        (
            {"events": [EVENTS[0], {**EVENTS[1], "amount": "many"}], "expect": {"amount_sum_7d": 1}},
            "events of source 'orders': the values of 'amount' have no common type",
        ),
        (
            {"features": MODEL, "expect": {"ratio": 1, "home__count": 1}},
            "events=: the features read several sources: orders, visits\nHint: name them: events={'orders': ...}",
        ),
        (
            {"features": MODEL, "entity": {"buyer": "ann"}, "expect": {"ratio": 1}},
            "the observations have no column 'price', which the service requests",
        ),
    ],
)
def test_refusals(change: dict[str, Any], message: str) -> None:
    asked: dict[str, Any] = {
        "features": SPENDING, "events": EVENTS, "at": "2024-05-03", "expect": {"count_7d": 1}, **ANN, **change,
    }  # fmt: skip
    assert message in refusal(lambda: assert_features(**asked))


def test_a_type_that_nothing_tells_is_any_that_fits() -> None:
    view = zl.FeatureView(
        "v", entity=zl.Entity("place"),
        source=zl.EventSource("visits", table=zl.Csv("x"), event_time="at", select={"known": "kind IS NOT NULL"}),
        features=[zl.Count(where="lower(kind) = 'a'").named("a"), zl.Count(where="known AND size > 1.5").named("b"),
                  zl.Sum("size", by="kind", default={"x": 1.0}), zl.VectorSum("vector")],
    )  # fmt: skip
    asked: dict[str, Any] = {"at": "2024-05-07", "entity": {"place": 1}}
    for events in ([], [{"place": 1, "at": "2024-05-06"}]):
        assert_features(view, events, **asked, expect={"a": 0, "b": 0, "size_sum_by_kind": {"x": 1.0}})
    message = refusal(lambda: assert_features(view, [], **asked, expect={"vector_vector_sum": None}))
    assert message.endswith("Hint: no event has a value of vector: say the type, schema={'vector': ...}")
