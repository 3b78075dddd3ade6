"""Plan and apply: numbers, what differs, whom it reaches, and what the registry's folder then holds."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import zipline as zl
from tests.refusals import refusal
from tests.registry.shop import MODULE, ORDERS, Shop
from zipline.registry import Change, Changes, FieldChange

WHERE = ('where="amount > 15"', 'where="amount > 25"')


def marks(changes: Changes) -> list[str]:
    """Return the changes as short texts."""
    return [f"{each.mark} {each.kind} {each.name} {each.previous}>{each.version}" for each in changes.changes]


def test_what_is_new_gets_number_one(shop: Shop) -> None:
    expected = ["+ view spending None>1", "+ service model None>1", "+ source orders None>None"]
    assert marks(shop.store.plan()) == expected
    assert shop.files() == []
    assert marks(shop.store.apply()) == expected
    assert shop.store.plan() == shop.store.apply() == Changes()
    assert shop.store.plan().is_empty
    (state,) = shop.files("applied")
    assert shop.files() == [state, "services/model/1.json", "views/spending/1.json"]


def test_files_are_friendly_to_git(shop: Shop) -> None:
    shop.store.apply()
    for path in shop.files():
        text = (shop.root / "registry" / path).read_text()
        data = json.loads(text)
        assert text == json.dumps(data, indent=2, sort_keys=True, ensure_ascii=False) + "\n"
        assert data["format"] == 1


def test_another_meaning_is_another_version_and_says_what_differs(shop: Shop) -> None:
    shop.store.apply()
    shop.change(
        WHERE, ('zl.Count().over("7d")', 'zl.Count().over("7d", "2d")'), ('owner="sales"', 'owner="shop"')
    )
    changes = shop.store.plan()
    assert changes == shop.store.apply()
    assert changes.changes == (
        Change(
            "view", "spending", "~", 2, 1,
            (
                FieldChange("features.count_2d", None, {"aggregation": "Count", "window": {"length": "2d"}}),
                FieldChange("features.large_30d.where", "amount > 15", "amount > 25"),
                FieldChange("owner", "sales", "shop"),
            ),
            ("model",), ("shop", "science"),
        ),
        Change(
            "service", "model", "~", 2, 1, (FieldChange("views.spending.view", "spending@1", "spending@2"),),
            (), ("science",),
        ),
    )  # fmt: skip
    assert json.loads(json.dumps(changes.to_json()))["changes"][1] == {
        "kind": "service", "name": "model", "mark": "~", "version": 2, "previous": 1,
        "fields": [{"path": "views.spending.view", "before": "spending@1", "after": "spending@2"}],
        "reaches": [], "owners": ["science"],
    }  # fmt: skip


def test_going_back_gives_the_old_number(shop: Shop) -> None:
    shop.store.apply()
    shop.change(WHERE)
    shop.store.apply()
    shop.module(MODULE)
    assert marks(shop.store.plan()) == ["~ view spending 2>1", "~ service model 2>1"]
    shop.store.apply()
    assert shop.store.plan().is_empty
    assert [path for path in shop.files() if "applied" not in path] == [
        "services/model/1.json", "services/model/2.json", "views/spending/1.json", "views/spending/2.json",
    ]  # fmt: skip
    assert len(shop.files("applied")) == 3


def test_the_same_meaning_in_other_words_is_no_change(shop: Shop) -> None:
    shop.store.apply()
    shop.change(
        ('where="amount > 15"', 'where="(amount)>15 -- euros"'),
        ("orders = ", "sales = "), ("source=orders", "source=sales"),
        ('zl.Entity("customer")', 'zl.Entity("person", keys="customer")'),
        ('        zl.Count().over("7d"),\n        zl.Sum("amount").over("7d"),\n',
         '        zl.Sum("amount").over("7d"),\n        zl.Count().over(zl.Window("7d")),\n'),
    )  # fmt: skip
    assert shop.store.plan().is_empty


def test_facts_change_without_a_new_version(shop: Shop) -> None:
    shop.store.apply()
    shop.change(
        (
            'owner="sales"',
            'owner="shop", description="Money.", tags={"team": "a"}, deprecated="use buying@1"',
        ),
        ('"orders.parquet"', '"moved.parquet"'),
    )
    shop.orders(ORDERS, "moved.parquet")
    view, source = shop.store.plan().changes
    assert (view.mark, view.version, view.previous) == ("*", 1, 1)
    assert view.fields == (
        FieldChange("deprecated", None, "use buying@1"),
        FieldChange("description", None, "Money."),
        FieldChange("owner", "sales", "shop"),
        FieldChange("tags.team", None, "a"),
    )
    assert source == Change(
        "source", "orders", "*", fields=(FieldChange("table.path", "orders.parquet", "moved.parquet"),),
        reaches=("model",), owners=("science",),
    )  # fmt: skip
    assert shop.store.apply() == Changes((view, source))
    assert shop.store.plan().is_empty
    state = shop.store.applied()
    assert state is not None
    assert (state.views["spending"].owner, state.sources) == ("shop", {"orders": zl.Parquet("moved.parquet")})


def test_what_is_removed_is_said_once_and_stays_usable(shop: Shop) -> None:
    shop.store.apply()
    shop.module("")
    removed = [
        Change("view", "spending", "-", None, 1, reaches=("model",), owners=("sales", "science")),
        Change("service", "model", "-", None, 1, owners=("science",)),
        Change("source", "orders", "-"),
    ]
    assert [*shop.store.apply().changes] == removed
    assert shop.store.plan().is_empty
    assert [record.title for record in shop.store.versions("spending")] == ["spending@1"]
    shop.module(MODULE)
    assert marks(shop.store.apply())[0] == "+ view spending None>1"


def test_versions_are_records_oldest_first(shop: Shop) -> None:
    shop.store.apply()
    shop.change(WHERE)
    shop.store.apply()
    one, two = shop.store.versions("spending")
    assert (one.kind, one.title, two.title) == ("view", "spending@1", "spending@2")
    assert isinstance(one.definition, zl.FeatureView)
    assert isinstance(one.definition.source, zl.EventSource)
    assert one.definition.source.table == zl.Parquet("orders.parquet")
    assert {column: str(kind) for column, kind in one.schemas["orders"].items()} == {
        "amount": "float64", "customer": "string", "ordered": "timestamp",
    }  # fmt: skip
    assert one.ties == {}  # no id, no versions
    assert one.registered_at < two.registered_at
    assert [record.views for record in shop.store.versions("model")] == [{"spending": 1}, {"spending": 2}]


def test_another_type_of_a_column_that_is_read_is_another_version(shop: Shop) -> None:
    shop.store.apply()
    shop.orders(ORDERS.set_column(1, "item", [[1, 2, 3, 4, 5, 6]]))
    assert shop.store.plan().is_empty
    shop.orders(ORDERS.set_column(2, "amount", [[1, 2, 3, 4, 5, 6]]))
    (view, _) = shop.store.plan().changes
    assert view.fields == (FieldChange("source.columns.amount", "float64", "int64"),)


def test_names_that_are_not_registered(shop: Shop) -> None:
    message = refusal(lambda: shop.store.versions("spending"), zl.ConfigError)
    assert message == (
        f"no version of 'spending' is registered in {shop.root}/registry\n"
        "Hint: register what the code defines: zipline apply"
    )
    shop.store.apply()
    message = refusal(lambda: shop.store.versions("spendig"), zl.ConfigError)
    assert message == (
        f"no version of 'spendig' is registered in {shop.root}/registry\n"
        "Hint: did you mean 'spending'? Allowed: 'model', 'spending'"
    )


def test_before_the_first_apply_nothing_is_applied(shop: Shop) -> None:
    assert shop.store.applied() is None


def test_a_repository_without_definitions_plans_nothing(shop: Shop) -> None:
    shop.module("")
    assert shop.store.apply().is_empty
    assert shop.files() == []


def test_definitions_are_checked_against_their_tables(shop: Shop) -> None:
    shop.change(('zl.Sum("amount")', 'zl.Sum("item")'), ("amount_sum", "item_sum"))
    message = refusal(shop.store.apply, zl.DefinitionError)
    assert message.startswith("view 'spending', feature 'item_sum_7d': Sum('item') cannot take string")
    assert shop.files() == []


def test_derived_features_are_checked(shop: Shop) -> None:
    shop.change(('"amount_sum_7d / nullif(count_7d, 0)"', '"upper(count_7d)"'))
    assert "Derived('spending__mean_7d')" in refusal(shop.store.apply, zl.ExpressionError)


def test_a_frame_is_refused(shop: Shop) -> None:
    shop.change(
        ('zl.Parquet("orders.parquet")', "zl.Frame(FRAME)"),
        ("import zipline as zl", "import zipline as zl\nfrom tests.registry.shop import ORDERS as FRAME"),
    )
    message = refusal(shop.store.apply, zl.DefinitionError)
    assert message == (
        "view 'spending', source 'orders': a Frame lives in the memory of one process, so that nothing else could read "
        "it later\nHint: write the rows to a file and read that: zl.Parquet(path)"
    )


def test_relative_paths_stay_relative_and_the_repository_may_move(shop: Shop, tmp_path: Path) -> None:
    shop.store.apply()
    moved = tmp_path / "elsewhere"
    shop.root.rename(moved)
    shop.root = moved
    assert shop.store.plan().is_empty
    assert str(tmp_path) not in "".join(path.read_text() for path in moved.glob("registry/**/*.json"))


def test_the_registry_may_lie_elsewhere(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PLACE", "kept")
    shop.settings('[registry]\npath = "../${PLACE}/versions"\n')
    shop.store.apply()
    assert (shop.root.parent / "kept" / "versions" / "views" / "spending" / "1.json").is_file()


def test_the_newest_state_is_the_newest_though_clocks_differ(shop: Shop) -> None:
    shop.store.apply()
    (name,) = shop.files("applied")
    path = shop.root / "registry" / name
    later = path.with_name("29991231T235959.000000Z-00000000.json")
    path.rename(later)
    later.write_text(
        later.read_text().replace(json.loads(later.read_text())["applied_at"], "2999-12-31T23:59:59.000000Z")
    )
    shop.change(WHERE)
    shop.store.apply()
    state = shop.store.applied()
    assert state is not None
    assert (state.applied_at, state.views["spending"].version) == ("2999-12-31T23:59:59.000001Z", 2)
    assert shop.store.plan().is_empty
