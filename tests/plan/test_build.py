"""From definitions to plans: sweeps, their keys, derived columns; and what is refused."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

import zipline as zl
from tests.refusals import refusal
from zipline.plan.build import build
from zipline.plan.nodes import Plan, Visibility

USER, PAIR = zl.Entity("user"), zl.Entity("pair", keys=["sender", "receiver"])
SOURCE = zl.EventSource("events", table=zl.Parquet("events.parquet"), event_time="ts")
OTHER = zl.EventSource("others", table=zl.Parquet("others.parquet"), event_time="ts")
FEATURES: list[Any] = [
    zl.Count().over("1d", "7d"),
    zl.Sum("x").over("1d"),
    zl.Derived("mean_1d", "x_sum_1d / nullif(count_1d, 0)"),
    zl.Derived("rate", "mean_1d / count_7d"),
    zl.Max("y"),
]
CLICKS = zl.FeatureView("clicks", entity=USER, source=SOURCE, features=FEATURES)
SENT = zl.FeatureView("sent", entity=PAIR, source=OTHER, features=[zl.Count()], keys={"sender": "from_id"})


def plan(features: Any, time: Any = "t", keys: dict[str, str] | None = None) -> Plan:
    return build(features, time=time, keys=keys, visibility=Visibility(0))


def swept(built: Plan) -> list[list[str]]:
    return [[column.name for column in sweep.columns] for sweep in built.sweeps]


def test_a_view_is_one_sweep_and_its_outputs_are_in_its_order() -> None:
    built = plan(CLICKS)
    assert swept(built) == [["clicks__count_1d", "clicks__count_7d", "clicks__x_sum_1d", "clicks__y_max"]]
    assert built.root.outputs == tuple(f"clicks__{feature.name}" for feature in CLICKS.features)
    assert built.time == zl.Timestamp("t")


def test_selections_bring_the_inputs_of_their_derived_columns_along() -> None:
    built = plan(CLICKS["rate"])
    assert swept(built) == [["clicks__count_1d", "clicks__count_7d", "clicks__x_sum_1d"]]
    assert [column.name for column in built.root.columns] == ["clicks__mean_1d", "clicks__rate"]
    assert built.root.columns[1].columns == (("mean_1d", "clicks__mean_1d"), ("count_7d", "clicks__count_7d"))
    assert built.root.outputs == ("clicks__rate",)


def test_parts_of_one_view_are_one_sweep() -> None:
    built = plan([CLICKS["y_max"], CLICKS["count_1d", "rate"]])
    assert swept(built) == [["clicks__y_max", "clicks__count_1d", "clicks__count_7d", "clicks__x_sum_1d"]]
    assert built.root.outputs == ("clicks__y_max", "clicks__count_1d", "clicks__rate")


def test_keys_are_mapped_by_view_service_request_and_binding() -> None:
    service = zl.FeatureService(
        "model", [CLICKS, SENT], time="t", keys={"user": "user_id", "sender": "user_id"}
    )
    assert [sweep.keys for sweep in plan(service).sweeps] == [
        (("user", "user_id"),),
        (("from_id", "user_id"), ("receiver", "receiver")),
    ]
    assert [sweep.keys for sweep in plan(service, keys={"user": "buyer"}).sweeps] == [
        (("user", "buyer"),),
        (("from_id", "user_id"), ("receiver", "receiver")),
    ]
    bound = CLICKS["y_max"].view.bind("seller", keys={"user": "seller_id"})
    built = plan([CLICKS["y_max"], bound["y_max"]], keys={"user": "buyer_id"})
    assert [sweep.keys for sweep in built.sweeps] == [(("user", "buyer_id"),), (("user", "seller_id"),)]
    assert built.root.outputs == ("clicks__y_max", "seller__y_max")


def test_two_services_are_asked_together() -> None:
    one = zl.FeatureService("one", [CLICKS["y_max"]], time="t", request={"a": "int"})
    two = zl.FeatureService("two", [SENT, zl.Derived("b", "sent__count + c")], request={"c": "double"})
    built = plan([one, two], time=None)
    assert built.time == zl.Timestamp("t")
    assert built.request == (("a", "int"), ("c", "double"))
    assert built.root.outputs == ("clicks__y_max", "sent__count", "b")
    assert built.root.columns[0].columns == (("sent__count", "sent__count"), ("c", "c"))


def test_a_requests_time_is_taken_before_a_services() -> None:
    service = zl.FeatureService("model", [CLICKS], time="t")
    assert plan(service, time=zl.Timestamp("ms", unit="ms")).time == zl.Timestamp("ms", unit="ms")


@pytest.mark.parametrize(
    ("ask", "message"),
    [
        (
            lambda: plan(CLICKS, time=None),
            "no time column is named\nHint: say which column holds the observations' times: time='asked_at'",
        ),
        (
            lambda: plan(
                [zl.FeatureService("a", [CLICKS], time="t"), zl.FeatureService("b", [SENT], time="u")],
                time=None,
            ),
            "the services name different time columns\nHint: say which column holds",
        ),
        (
            lambda: plan(CLICKS, keys={"usr": "user_id"}),
            "keys= maps 'usr', which is no key of the requested views\nHint: did you mean 'user'? Allowed: 'user'",
        ),
        (lambda: plan([CLICKS, CLICKS]), "two outputs are called 'clicks__count_1d'\nHint: use view.bind("),
        (
            lambda: plan(
                [
                    CLICKS["y_max"],
                    zl.FeatureView("clicks", entity=USER, source=OTHER, features=[zl.Count()]),
                ]
            ),
            "two different views are called 'clicks'\nHint: use view.bind('another_name', keys=...) for one",
        ),
        (
            lambda: plan([CLICKS["y_max"], CLICKS.bind("clicks", keys={"user": "u"})["count_1d"]]),
            "two different views are called 'clicks'",
        ),
        (lambda: plan([]), "has no features\nHint: list at least one view"),
        (lambda: plan(3), "3 is not a view\nHint: give"),
        (
            lambda: plan([zl.Derived("d", "clicks__y_max * 2"), CLICKS]),
            "Derived('d'): reads 'clicks__y_max', which is neither an earlier output nor a request field",
        ),
    ],
)
def test_refusals(ask: Callable[[], object], message: str) -> None:
    assert message in refusal(ask)
