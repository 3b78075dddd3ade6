"""Names in requests: versions computed from their records alone, beside definitions of the code."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pyarrow as pa
import pytest

import zipline as zl
from tests.refusals import refusal
from tests.registry.shop import ASKED, MODULE, ORDERS, Shop

WHERE = ('where="amount > 15"', 'where="amount > 25"')
AS_OF = "2024-06-01"


def answer(shop: Shop, features: Any) -> pa.Table:
    """Return the features of what is asked, without it."""
    found = shop.store.training_set(ASKED, features, time="at", as_of=AS_OF).to_arrow()
    return found.drop_columns(ASKED.column_names)


def changed(shop: Shop) -> None:
    """Apply the module, then change and apply it again."""
    shop.store.apply()
    shop.change(WHERE)
    shop.store.apply()


def test_a_version_gives_the_same_bits_when_the_module_has_changed_or_gone(shop: Shop) -> None:
    before = answer(shop, "spending")
    changed(shop)
    names = [
        "spending_v1__count_7d",
        "spending_v1__amount_sum_7d",
        "spending_v1__large_30d",
        "spending_v1__mean_7d",
    ]
    assert answer(shop, "spending@1").column_names == names
    assert answer(shop, "spending@1").rename_columns(before.column_names) == before
    assert answer(shop, "spending") != before
    assert answer(shop, "spending") == answer(shop, "spending@2").rename_columns(before.column_names)
    shop.module("")
    assert answer(shop, "spending@1").rename_columns(before.column_names) == before
    assert answer(shop, ["spending@1:large_30d"]).to_pydict() == {"spending_v1__large_30d": [2, 1, 2, 0]}


COPIES = """
import zipline as zl

users = zl.EventSource("users", table=zl.Snapshot(zl.Parquet("users.parquet"), date="ds", id="customer", delay="0s"))
seen = zl.FeatureView(
    "seen", entity=zl.Entity("customer"), source=users, features=[zl.TimeSinceLast(), zl.Last("country")]
)
"""


def test_a_version_goes_on_comparing_the_columns_that_a_snapshot_had(shop: Shop) -> None:
    days = pa.array([datetime(2024, 5, day) for day in (1, 2, 3)], pa.timestamp("us"))
    copies = pa.table({"customer": ["ann"] * 3, "ds": days, "country": ["at"] * 3})
    shop.orders(copies, "users.parquet")
    shop.module(COPIES)
    shop.store.apply()
    before = answer(shop, "seen")
    shop.orders(copies.append_column("plan", pa.array(["a", "b", "c"])), "users.parquet")
    (change,) = shop.store.plan().changes
    assert (change.mark, change.version) == ("~", 2)
    assert [field.path for field in change.fields] == ["source.columns.plan", "source.table.snapshot.columns"]
    assert answer(shop, "seen") != before
    assert answer(shop, "seen@1").rename_columns(before.column_names) == before
    shop.store.apply()
    assert answer(shop, "seen@2").rename_columns(before.column_names) == answer(shop, "seen")
    assert shop.store.plan().is_empty


def test_a_service_keeps_its_own_columns_and_the_versions_of_its_views(shop: Shop) -> None:
    before = answer(shop, "model")
    changed(shop)
    assert answer(shop, "model@1") == before
    assert answer(shop, "model@2") == answer(shop, "model") != before
    shop.module("")
    assert answer(shop, "model@1") == before
    assert shop.store.training_set(ASKED, "model@1", as_of=AS_OF).schema.names == [
        *ASKED.column_names,
        *before.column_names,
    ]


def test_names_stand_in_lists_beside_objects(shop: Shop) -> None:
    changed(shop)
    store = shop.store
    listed: list[Any] = [
        "spending:count_7d",
        "spending@1:large_30d",
        store.views["spending"]["large_30d"],
        "spending@2:large_30d",
    ]
    found = store.training_set(ASKED, listed, time="at", as_of=AS_OF).to_arrow()
    assert found.drop_columns(ASKED.column_names).to_pydict() == {
        "spending__count_7d": [3, 1, 4, 0],
        "spending_v1__large_30d": [2, 1, 2, 0],
        "spending__large_30d": [1, 1, 1, 0],
        "spending_v2__large_30d": [1, 1, 1, 0],
    }
    derived = zl.Derived("more", "spending_v1__large_30d - spending__large_30d")
    found = store.training_set(ASKED, ["spending", "spending@1", derived], time="at", as_of=AS_OF).to_arrow()
    assert found["more"].to_pylist() == [1, 0, 1, 0]


def test_snapshots_explanations_and_timelines_take_versions(shop: Shop) -> None:
    changed(shop)
    store = shop.store
    found = store.snapshot("spending@1:large_30d", at="2024-05-07", as_of=AS_OF).to_arrow()
    assert found["spending_v1__large_30d"].to_pylist() == [2, 1]
    assert store.snapshot(["spending@1"], at="2024-05-07").schema.names[-1] == "spending_v1__mean_7d"
    assert "spending_v1__large_30d" in store.explain("spending@1")
    assert "spending__large_30d" in store.explain("model@1")
    timeline = store.timeline("spending@1:large_30d", "ann", "2024-05-01", "2024-05-05")
    assert timeline is not None


def test_find_gives_what_requests_take(shop: Shop) -> None:
    changed(shop)
    store = shop.store
    assert store.find("spending") is store.views["spending"]
    assert store.find("model") is store.services["model"]
    found = store.find("spending@1:large_30d")
    assert (found.names, found.prefix) == (("large_30d",), "spending_v1")  # type: ignore[union-attr]
    service = store.find("model@1")
    assert isinstance(service, zl.FeatureService)
    assert service.name == "model"


FORMS = (
    "names no service, view or feature\nHint: write name, name@version, view:feature or view@version:feature, such as "
    "'carrier_delays@2:late_7d'"
)
MEANT = "\nHint: did you mean 'spending'? Allowed: 'model', 'spending'"
FEATURES = "did you mean 'large_30d'? Allowed: 'count_7d', 'amount_sum_7d', 'large_30d', 'mean_7d'"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("spending@3", "there is no spending@3 in {registry}\nHint: there is spending@1 to spending@2"),
        ("spendig@1", "no version of 'spendig' is registered in {registry}" + MEANT),
        ("spendig", "there is no service or view 'spendig' in {root}" + MEANT),
        ("spending@1:larg_30d", f"view 'spending': has no feature 'larg_30d'\nHint: {FEATURES}"),
        ("model@1:a", "'model@1:a': 'model' is a service\nHint: a feature is one of a view: view:feature"),
        ("spending@0", f"'spending@0' {FORMS}"),
        ("@1", f"'@1' {FORMS}"),
        ("spending@latest", f"'spending@latest' {FORMS}"),
    ],
)
def test_names_of_nothing_are_refused(shop: Shop, text: str, message: str) -> None:
    changed(shop)
    store = shop.store
    found = refusal(lambda: store.training_set(ASKED, [text], time="at"))
    assert found == message.format(root=shop.root, registry=shop.root / "registry")


def test_a_name_that_left_the_code_is_found_in_the_registry(shop: Shop) -> None:
    changed(shop)
    shop.module("")
    message = refusal(lambda: shop.store.find("spending"), zl.ConfigError)
    assert (
        message
        == f"there is no service or view 'spending' in {shop.root}\nHint: it is registered, though: spending@2"
    )


def test_one_version_is_no_range(shop: Shop) -> None:
    shop.store.apply()
    message = refusal(lambda: shop.store.find("spending@7"), zl.ConfigError)
    assert message.endswith("\nHint: there is spending@1")


def test_a_table_that_no_longer_fits_the_pinned_schema_is_named(shop: Shop) -> None:
    shop.store.apply()
    shop.orders(ORDERS.set_column(2, "amount", [["20", "30", "90", None, "5.5", "0.1"]]))
    message = refusal(lambda: answer(shop, "spending@1"), zl.SchemaError)
    assert message == (
        "source 'orders': column 'amount' is string, and spending@1 was registered with float64\n"
        "Hint: give spending@1 a table with its columns as they were, or apply the definition anew and use that version"
    )
    assert answer(shop, "spending@1:count_7d").column_names == ["spending_v1__count_7d"]
    shop.orders(ORDERS.drop_columns("amount"))
    message = refusal(lambda: answer(shop, "model@1"), zl.SchemaError)
    assert message.startswith(
        "source 'orders': column 'amount' is gone, and spending@1 was registered with float64"
    )


def test_a_pinned_version_reads_its_rows_where_they_lie_today(shop: Shop) -> None:
    shop.store.apply()
    before = answer(shop, "spending@1")
    shop.orders(ORDERS, "moved.parquet")
    (shop.root / "orders.parquet").unlink()
    assert "orders.parquet" in refusal(lambda: answer(shop, "spending@1"), zl.DataError)
    shop.change(('"orders.parquet"', '"moved.parquet"'))
    shop.store.apply()
    shop.module("")
    shop.store.apply()
    assert answer(shop, "spending@1") == before


def test_two_different_views_cannot_have_one_prefix(shop: Shop) -> None:
    shop.change(('"spending"', '"spending_v1"'), ("source=orders", 'source=orders, description="."'))
    other = shop.store.views["spending_v1"]
    shop.module(MODULE)
    shop.store.apply()
    message = refusal(lambda: answer(shop, ["spending@1:count_7d", other["large_30d"]]), zl.RequestError)
    assert message.startswith("two different views are called 'spending_v1'")
