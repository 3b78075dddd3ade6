"""Uses: deprecation says what to use instead and who uses it; what is used is written down when asked for."""

from __future__ import annotations

import warnings
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

import zipline as zl
from tests.refusals import refusal
from tests.registry.shop import ASKED, MODULE, Shop

WHERE = ('where="amount > 15"', 'where="amount > 25"')
VIEW = ('owner="sales"', 'owner="sales", deprecated="use spending@2"')
SERVICE = ('owner="science"', 'owner="science", deprecated="use model_b"')
RECORDING = "[registry]\nrecord_usage = true\n"


def warned(shop: Shop, features: Any, **options: Any) -> list[str]:
    """Return the warnings that a request gives."""
    store = shop.store
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        store.training_set(ASKED, features, time="at", **options)
    assert all(each.category is zl.DeprecatedWarning and each.filename == __file__ for each in caught)
    return [str(each.message) for each in caught]


def test_who_uses_what_is_deprecated_is_warned(shop: Shop) -> None:
    assert warned(shop, ["spending:mean_7d", "model"]) == []
    shop.change(VIEW, SERVICE)
    by_request = "view spending is deprecated: use spending@2 (used by a training set)"
    by_service = "view spending is deprecated: use spending@2 (used by service model)"
    service = "service model is deprecated: use model_b (used by a training set)"
    assert warned(shop, "spending") == [by_request]
    assert warned(shop, "spending:count_7d") == [by_request]
    assert warned(shop, shop.store.views["spending"].bind("b", keys={"customer": "customer"})) == [by_request]
    assert warned(shop, "model") == [service, by_service]
    assert warned(shop, ["spending", zl.Derived("one", "1")]) == [by_request]


def test_each_way_to_ask_warns_of_its_own(shop: Shop) -> None:
    shop.change(VIEW)
    store = shop.store
    with pytest.warns(zl.DeprecatedWarning, match=r"\(used by a snapshot\)"):
        store.snapshot("spending", at="2024-05-07")
    with pytest.warns(zl.DeprecatedWarning, match=r"\(used by a timeline\)"):
        store.timeline("spending", "ann", "2024-05-01", "2024-05-03")
    store.explain("spending")


def test_an_older_version_is_deprecated_by_the_newest_state_that_it_was_part_of(shop: Shop) -> None:
    shop.store.apply()
    assert warned(shop, "spending@1") == []
    shop.change(VIEW)
    shop.store.apply()
    shop.change(WHERE)
    shop.store.apply()
    message = "view spending@1 is deprecated: use spending@2 (used by a training set)"
    assert warned(shop, "spending@1") == [message]
    assert warned(shop, ["spending", "spending@2"]) == []
    assert warned(shop, "model@1") == [
        "view spending@1 is deprecated: use spending@2 (used by service model)"
    ]
    shop.module("")
    shop.store.apply()
    assert warned(shop, "spending@1:count_7d") == [message]
    shop.module(MODULE)
    shop.store.apply()
    assert warned(shop, "spending@1") == []


def test_nothing_is_written_down_unless_asked_for(shop: Shop) -> None:
    shop.store.apply()
    shop.store.training_set(ASKED, "spending@1", time="at")
    assert shop.files("usage") == []
    assert shop.store.usage() == []


def test_what_is_used_is_written_down(shop: Shop) -> None:
    shop.settings(RECORDING)
    shop.store.apply()
    assert shop.store.usage() == []
    shop.store.training_set(ASKED, ["spending@1:count_7d", "spending:large_30d"], time="at")
    shop.store.snapshot("model", at="2024-05-07")
    shop.change(WHERE)
    shop.store.training_set(ASKED, ["model", "spending@1"], time="at")
    uses = [(use.kind, use.name, use.version, use.by) for use in shop.store.usage()]
    assert uses == [
        ("view", "spending", 1, "training set"),
        ("service", "model", 1, "snapshot"),
        ("view", "spending", 1, "service model"),
        ("service", "model", None, "training set"),
        ("view", "spending", None, "service model"),
        ("view", "spending", 1, "training set"),
    ]
    times = [use.at for use in shop.store.usage()]
    assert times == sorted(times)
    assert len(shop.files("usage")) == 3
    assert {use.name for use in shop.store.usage("model")} == {"model"}
    assert len((shop.root / "registry" / shop.files("usage")[0]).read_text()) < 400


def test_what_the_code_is_needs_no_table(shop: Shop) -> None:
    """The version of a definition is told from the record's types: a table that moved away does not matter."""
    shop.settings(RECORDING)
    shop.store.apply()
    shop.change(('"amount_sum_7d / nullif(count_7d, 0)"', '"amount_sum_7d + 1"'))
    (shop.root / "orders.parquet").unlink()
    shop.store.training_set(ASKED, "spending", time="at")
    shop.module(MODULE)
    shop.store.training_set(ASKED, "spending", time="at")
    shop.change(('zl.Sum("amount").over("7d")', 'zl.Sum("price").over("7d").named("amount_sum")'))
    shop.store.training_set(ASKED, "spending", time="at")
    assert [use.version for use in shop.store.usage()] == [None, 1, None]


def test_definitions_that_are_not_registered_have_no_version(shop: Shop) -> None:
    shop.settings(RECORDING)
    shop.store.training_set(ASKED, "spending", time="at")
    shop.store.apply()
    other = zl.FeatureView(
        "other",
        entity=zl.Entity("customer"),
        source=shop.store.views["spending"].source,
        features=[zl.Count()],
    )
    shop.store.training_set(ASKED, other, time="at")
    assert [(use.name, use.version) for use in shop.store.usage()] == [("spending", None), ("other", None)]


def test_many_may_write_at_once(shop: Shop) -> None:
    shop.settings(RECORDING)
    shop.store.apply()
    store = shop.store
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: store.training_set(ASKED, "spending@1", time="at"), range(40)))
    assert [use.version for use in shop.store.usage()] == [1] * 40


def test_a_file_that_is_none_is_refused(shop: Shop) -> None:
    shop.settings(RECORDING)
    shop.store.apply()
    shop.store.training_set(ASKED, "spending@1", time="at")
    (path,) = shop.files("usage")
    place = shop.root / "registry" / path
    place.write_text('{"format": 1}')
    message = refusal(shop.store.usage, zl.RegistryError)
    assert message.startswith(f"{place}: is not what zipline wrote: there is no 'uses'")
