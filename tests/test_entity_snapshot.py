"""Snapshots: whose values they hold, and that they are a training set at one time."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import polars as pl
import pytest

import zipline as zl
from tests.refusals import refusal

ORDERS = pl.DataFrame(
    {
        "order": [1, 2, 3, 3, 4, 4, 5, 6],
        "shop": ["a", "b", "c", "d", "e", "e", None, "z"],
        "item": ["x", "y", "x", "x", "y", "y", "x", "x"],
        "amount": [1, 2, 4, 8, 16, 16, 32, -1],
        "at": [datetime(2024, 1, day) for day in (1, 2, 3, 3, 4, 4, 5, 6)],
        "known": [datetime(2024, 1, day) for day in (1, 9, 3, 7, 4, 8, 5, 6)],
        "gone": [False, False, False, False, False, True, False, False],
    }
)
SOURCE = zl.EventSource(
    "orders", table=zl.Frame(ORDERS), event_time="at", knowledge_time="known", id="order", deleted="gone",
    where="amount > 0",
)  # fmt: skip
SHOPS = zl.FeatureView("shops", entity=zl.Entity("shop"), source=SOURCE, features=[zl.Sum("amount")])
ITEMS = zl.FeatureView("items", entity=zl.Entity("item"), source=SOURCE, features=[zl.Count()])
STORE = zl.FeatureStore()


def entities(at: str, **options: Any) -> list[Any]:
    return STORE.snapshot(SHOPS, at=at, **options).to_polars()["shop"].to_list()


@pytest.mark.parametrize(
    ("day", "shops"),
    [
        ("2024-01-01", []),  # an event is not before itself
        ("2024-01-03", ["a"]),  # 2 has happened, and nobody knows
        ("2024-01-07", ["a", "c", "e"]),  # the correction of 3 is not before its own knowledge
        ("2024-01-07T00:00:01", ["a", "d", "e"]),  # 3 was another shop's
        ("2024-01-08T00:00:01", ["a", "d"]),  # 4 is withdrawn
        ("2024-01-10", ["a", "b", "d"]),  # and 6 fails where, 5 is nobody's
    ],
)
def test_it_holds_the_entities_whose_events_are_seen(day: str, shops: list[str]) -> None:
    assert entities(day) == shops


def test_as_of_knows_no_more_than_it_did() -> None:
    assert entities("2024-01-10", as_of="2024-01-05") == ["a", "c", "e"]


def test_without_knowledge_times_event_times_are_held_against_as_of() -> None:
    source = zl.EventSource("plain", table=zl.Frame(ORDERS.drop_nulls()), event_time="at")
    view = zl.FeatureView("plain", entity=zl.Entity("shop"), source=source, features=[zl.Count()])
    found = STORE.snapshot(view, at="2024-01-10", as_of="2024-01-02").to_polars()
    assert found["shop"].to_list() == ["a", "b"]


def test_it_is_a_training_set_at_one_time() -> None:
    at = datetime(2024, 1, 7, 1)
    snapshot = STORE.snapshot(SHOPS, at=at)
    asked = pl.DataFrame({"shop": ["a", "d", "e"], "at": [at] * 3}).with_columns(
        pl.col("at").dt.replace_time_zone("UTC")
    )
    expected = STORE.training_set(asked, SHOPS, time="at")
    assert snapshot.to_polars().equals(expected.to_polars())
    assert snapshot.schema == snapshot.to_arrow().schema
    assert snapshot.head(2)["shop"].to_list() == ["a", "d"]


def test_the_time_stands_in_the_services_column_and_keys_are_mapped() -> None:
    service = zl.FeatureService("model", [SHOPS], time="asked_at", keys={"shop": "seller"})
    assert STORE.snapshot(service, at="2024-01-03").schema.names == [
        "seller",
        "asked_at",
        "shops__amount_sum",
    ]
    renamed = STORE.snapshot(service, at="2024-01-03", keys={"shop": "store"})
    assert renamed.schema.names[0] == "store"


def test_views_of_one_entity_share_their_entities() -> None:
    other = zl.EventSource(
        "other", table=zl.Frame(pl.DataFrame({"s": ["y"], "t": [datetime(2024, 1, 1)]})), event_time="t"
    )
    visits = zl.FeatureView(
        "visits", entity=zl.Entity("shop"), source=other, keys={"shop": "s"}, features=[zl.Count()]
    )
    found = STORE.snapshot([SHOPS, visits], at="2024-01-03").to_polars()
    assert found.drop("at").rows() == [("a", 1, 0), ("y", None, 1)]


def test_given_entities_keep_their_columns_and_order() -> None:
    given = [{"shop": "z", "item": "x", "note": 1}, {"shop": "a", "item": "y", "note": 2}]
    for wanted in (given, pl.DataFrame(given), zl.Frame(pl.DataFrame(given))):
        found = STORE.snapshot([SHOPS, ITEMS], at="2024-01-10", entities=wanted)
        assert found.to_polars().drop("at").rows() == [("z", "x", 1, None, 3), ("a", "y", 2, 1, 1)]


def test_rows_that_belong_to_nobody_are_counted_as_for_training_sets() -> None:
    assert STORE.snapshot(SHOPS, at="2024-01-10").left_out()["orders"]["shop"] == 1


def test_explain_reads_no_rows() -> None:
    text = STORE.snapshot(SHOPS, at="2024-01-10").explain()
    assert text.startswith("Plan\n")


def test_entities_of_several_kinds_must_be_given() -> None:
    assert refusal(lambda: STORE.snapshot([SHOPS, ITEMS], at="2024-01-10"), zl.RequestError) == (
        "its views have different keys, (shop) and (item), so that it is open which belong together\n"
        "Hint: say which entities are meant: entities=..., a table with these columns"
    )


def test_requested_fields_must_be_given() -> None:
    service = zl.FeatureService(
        "model",
        [SHOPS, zl.Derived("share", "price / shops__amount_sum")],
        request={"price": "double"},
        time="t",
    )
    assert refusal(lambda: STORE.snapshot(service, at="2024-01-10"), zl.RequestError) == (
        "it requests price, which no source holds\nHint: give entities=..., a table that does"
    )
    given = [{"shop": "a", "price": 2.0}]
    found = STORE.snapshot(service, at="2024-01-10", entities=given).to_polars()
    assert found["share"].to_list() == [2.0]


def test_given_entities_have_no_time_of_their_own() -> None:
    snapshot = STORE.snapshot(SHOPS, at="2024-01-10", entities=[{"shop": "a", "at": 1}])
    assert refusal(snapshot.to_arrow, zl.RequestError) == (
        "the entities have a column 'at' already, which is to hold the time\nHint: drop or rename it"
    )


def test_keys_of_two_types_have_no_one_list_of_entities() -> None:
    other = zl.EventSource(
        "other", table=zl.Frame(pl.DataFrame({"shop": [1], "t": [datetime(2024, 1, 1)]})), event_time="t"
    )
    visits = zl.FeatureView("visits", entity=zl.Entity("shop"), source=other, features=[zl.Count()])
    snapshot = STORE.snapshot([SHOPS, visits], at="2024-01-10")
    assert refusal(snapshot.to_arrow, zl.RequestError) == (
        "source 'other': the sources hold the key 'shop' as string and as int64\n"
        "Hint: say which entities are meant: entities=..."
    )
