"""What a failure says."""

from __future__ import annotations

from typing import Any

import pytest

import zipline as zl
from tests.testing.definitions import EVENTS, ORDERS, SPENDING, order
from zipline.testing import FeatureMismatch, assert_features


def failure(features: Any, events: Any, **asked: Any) -> str:
    with pytest.raises(FeatureMismatch) as caught:
        assert_features(features, events, **asked)
    return str(caught.value)


def test_the_whole_message() -> None:
    told = failure(
        SPENDING,
        EVENTS,
        at="2024-05-05T12:00",
        entity={"customer": "ann"},
        expect={"mean_7d": 25.0, "large_30d": 0},
    )
    assert (
        told
        == """\
view 'spending': not as expected, for customer='ann'

at 2024-05-05 12:00
  feature  expected  got
  mean_7d  25.0      20.0
  as expected: large_30d
  mean_7d = amount_sum_7d / nullif(count_7d, 0), with amount_sum_7d = 20.0, count_7d = 1

amount_sum_7d: Sum('amount') of [2024-04-28 12:00, 2024-05-05 12:00)
count_7d: Count() of [2024-04-28 12:00, 2024-05-05 12:00)
  event  ordered     entered     order  cancelled  customer  amount
  0      2024-05-01  2024-05-01  1      None       'ann'     20.0    seen
  1      2024-05-02  2024-05-06  2      None       'ann'     30.0    not yet known: \
known at 2024-05-06, not before 2024-05-05 12:00
  4      2024-05-03  2024-05-03  4      None       'ann'     50.0    withdrawn by event 5, known at 2024-05-05
  5      2024-05-03  2024-05-05  4      True       'ann'     None    a deletion: cancelled is true
  2      2024-05-02  2024-05-02  3      None       'bob'     900.0   of another entity
  3      2024-05-02  2024-05-04  3      None       'bob'     90.0    of another entity"""
    )


def test_each_time_that_differs_is_told() -> None:
    told = failure(
        SPENDING, EVENTS[:1], at=["2024-05-02", "2024-05-03", "2024-05-04"], expect={"count_7d": [0, 1, 2]}
    )
    assert [line for line in told.splitlines() if line.startswith("at ")] == [
        "at 2024-05-02",
        "at 2024-05-04",
    ]


def test_no_events() -> None:
    told = failure(SPENDING, [], at="2024-05-02", entity={"customer": "ann"}, expect={"count_7d": 1})
    assert told.endswith("count_7d: Count() of [2024-04-25, 2024-05-02)\n  there are no events")


def test_a_long_value_is_cut_in_the_table_and_whole_below() -> None:
    events = [order(n, "ann", 1.5, "01", "01", shop=f"shop number {n}") for n in range(5)]
    told = failure(SPENDING, events, at="2024-05-02", expect={"amount_sum_by_shop_7d": {}})
    whole = "{" + ", ".join(f"'shop number {n}': 1.5" for n in range(5)) + "}"
    assert f"  amount_sum_by_shop_7d, got: {whole}\n" in told
    assert whole not in told.split("amount_sum_by_shop_7d, expected")[0]


def test_many_events_are_cut() -> None:
    told = failure(
        SPENDING,
        [order(n, "ann", 1.0, "01", "01") for n in range(50)],
        at="2024-05-02",
        expect={"count_7d": 1},
    )
    assert told.endswith("\n  and 10 more")


def test_a_service_names_its_columns() -> None:
    model = zl.FeatureService(
        "model", [SPENDING, zl.Derived("ratio", "price / spending__mean_7d")], request={"price": "double"}
    )
    told = failure(model, EVENTS[:1], at="2024-05-02", request={"price": 40.0}, expect={"ratio": 1.0})
    assert told.startswith("service 'model': not as expected, for price=40.0, customer='ann'\n")
    assert "  ratio = price / spending__mean_7d, with price = 40.0, spending__mean_7d = 20.0\n" in told
    assert (
        "  spending__mean_7d = amount_sum_7d / nullif(count_7d, 0), with amount_sum_7d = 20.0, count_7d = 1\n"
        in told
    )
    assert "spending__count_7d: Count() of" in told


def test_the_sources_of_a_union_are_told_apart() -> None:
    shop = zl.EventSource("shop", table=zl.Csv("x.csv"), event_time="at")
    site = zl.EventSource("site", table=zl.Csv("y.csv"), event_time="clicked", where="kind = 'buy'")
    both = zl.FeatureView(
        "v", entity=zl.Entity("user"), source=zl.Union("both", [shop, site]), features=[zl.Count().over("1d")]
    )
    events = {
        "shop": [{"user": 1, "at": "2024-05-01"}],
        "site": [{"user": 1, "clicked": "2024-05-01", "kind": "look"}],
    }
    told = failure(both, events, at="2024-05-02", expect={"count_1d": 2})
    assert "events of source 'shop'" in told
    assert "the source's where is not true: kind = 'buy'" in told


VERDICTS: list[tuple[dict[str, Any], str]] = [
    (order(1, "ann", 1.0, "09", "09"), "seen"),
    (order(1, "ann", 1.0, "02", "02"), "too old: the window begins at 2024-05-03"),
    (order(1, "ann", 1.0, "10", "09"), "too new: not before 2024-05-10"),
    (order(1, "ann", 1.0, "09", "10"), "not yet known: known at 2024-05-10, not before 2024-05-10"),
    (order(1, "bob", 1.0, "09", "09"), "of another entity"),
    (order(1, None, 1.0, "09", "09"), "belongs to nobody: customer is null"),
    (order(1, "ann", None, "09", "09"), "amount is null"),
    ({**order(1, "ann", 1.0, "09", "09"), "entered": None}, "belongs to nobody: entered is null"),
    ({**order(1, "ann", 1.0, "09", "09"), "order": None}, "belongs to nobody: order is null"),
    ({**order(1, "ann", 1.0, "09", "09"), "ordered": None}, "belongs to nobody: ordered is null"),
]


@pytest.mark.parametrize(("event", "verdict"), VERDICTS, ids=[verdict for _, verdict in VERDICTS])
def test_why_an_event_does_not_count(event: dict[str, Any], verdict: str) -> None:
    told = failure(
        SPENDING, [event], at="2024-05-10", entity={"customer": "ann"}, expect={"amount_sum_7d": -1.0},
        schema={"amount": "double", "customer": "string", "order": "int"},
    )  # fmt: skip
    assert told.splitlines()[-1].endswith(f"  {verdict}")


def test_why_versions_do_not_count() -> None:
    events = [
        order(1, "ann", 1.0, "01", "01"),
        order(1, "ann", 2.0, "01", "02"),
        order(1, "ann", 2.0, "01", "02"),
        order(2, "ann", 3.0, "01", "04"),
    ]
    asked: dict[str, Any] = {"at": "2024-05-05", "expect": {"amount_sum_7d": 0.0}}
    told = failure(SPENDING, events, **asked, as_of="2024-05-03")
    assert [line.split("  ")[-1].strip() for line in told.splitlines()[-4:]] == [
        "corrected by event 2, known at 2024-05-02",
        "corrected by event 2, known at 2024-05-02",
        "seen",
        "not yet known: known at 2024-05-04, after as_of",
    ]


def test_repeats_without_a_knowledge_time() -> None:
    source = zl.EventSource("s", table=zl.Csv("x.csv"), event_time="at", id="n")
    view = zl.FeatureView(
        "v", entity=zl.Entity("user"), source=source,
        features=[zl.Count().over(zl.Window("7d", offset="1d")), zl.Sum("x", by="kind")],
    )  # fmt: skip
    row = {"user": 1, "n": 1, "at": "2024-05-01", "x": 1, "kind": "a"}
    told = failure(view, [row, row], at="2024-05-05", expect={"count_7d_offset_1d": 2})
    assert [line.split("  ")[-1].strip() for line in told.splitlines()[-2:]] == [
        "seen",
        "a repeat of another event",
    ]
    told = failure(view, [row], at="2024-05-02", expect={"count_7d_offset_1d": 1})
    assert told.endswith("  too new: the window ends at 2024-05-01")
    told = failure(view, [row], at="2024-05-05", as_of="2024-04-30", expect={"x_sum_by_kind": {"a": 1}})
    assert told.endswith("  after as_of, 2024-04-30")
    told = failure(
        view,
        [{**row, "kind": None}],
        at="2024-05-05",
        expect={"x_sum_by_kind": {"a": 1}},
        schema={"kind": "string"},
    )
    assert told.endswith("  kind is null")
    told = failure(view, [row], at="2024-05-05", entity={"user": None}, expect={"x_sum_by_kind": {"a": 1}})
    assert told.endswith("  the observation's key is null")


def test_why_a_feature_with_where_does_not_see_it() -> None:
    told = failure(SPENDING, EVENTS[:1], at="2024-05-02", expect={"large_30d": 1})
    assert told.endswith("  where is not true: amount > 100")
    view = zl.FeatureView(
        "v", entity=zl.Entity("customer"),
        source=zl.EventSource(
            "o", table=zl.Csv("x"), event_time="ordered", select={"big": "amount > 100"}, where="amount > 0"
        ),
        features=[zl.Count(where="big").named("big")],
    )  # fmt: skip
    told = failure(view, [EVENTS[0], {**EVENTS[0], "amount": -1.0}], at="2024-05-02", expect={"big": 1})
    assert [line.split("  ")[-1].strip() for line in told.splitlines()[-2:]] == [
        "where is not true: big",
        "the source's where is not true: amount > 0",
    ]


def test_the_copies_of_a_snapshot() -> None:
    users = zl.EventSource("users", table=zl.Snapshot(zl.Parquet("users/"), date="ds", id="user"))
    view = zl.FeatureView("v", entity=zl.Entity("user"), source=users, features=[zl.Last("plan")])
    plans = ["free", "free", "pro", "pro"]
    copies = [{"ds": f"2024-05-0{day}", "user": 1, "plan": plan} for day, plan in enumerate(plans, start=1)]
    copies.append({"ds": "2024-05-05", "user": 2, "plan": "free"})
    told = failure(view, copies, at="2024-05-05T12:00", entity={"user": 1}, expect={"plan_last": "free"})
    assert [line.split("  ")[-1].strip() for line in told.splitlines()[-5:]] == [
        "corrected by event 2, known at 2024-05-04",
        "as in the copy before",
        "seen",
        "as in the copy before",
        "of another entity",
    ]
    told = failure(view, copies, at="2024-05-06T12:00", entity={"user": 1}, expect={"plan_last": "pro"})
    assert "  gone: not in the copy of 2024-05-05, known at 2024-05-06\n" in told


def test_an_aligned_window_looks_from_its_grid() -> None:
    count = zl.Count().over(zl.Window("7d", align="1d"))
    day = zl.FeatureView("day", entity=zl.Entity("customer"), source=ORDERS, features=[count])
    events = [order(1, "ann", 1.0, "02", "04"), order(2, "ann", 1.0, "04T08:00", "04T08:00")]
    told = failure(day, events, at="2024-05-04T12:00", expect={"count_7d": 1})
    assert [line.split("  ")[-1].strip() for line in told.splitlines()[-2:]] == [
        "not yet known: known at 2024-05-04, not before 2024-05-04",
        "not yet known: known at 2024-05-04 08:00, not before 2024-05-04",
    ]
