"""Versions as they are served: how they compute stays, where they stream from and how fresh they are is today's."""

from __future__ import annotations

import json
from typing import Final

import pytest

import zipline as zl
from tests.refusals import refusal
from tests.registry.definitions import TYPES, source, view
from tests.registry.shop import ASKED, Shop
from zipline.registry.drafts import draft
from zipline.registry.folder import LocalFolder
from zipline.registry.json import pretty_json
from zipline.registry.records import Record
from zipline.registry.registry import Registry
from zipline.registry.served import served
from zipline.registry.stored import read_record, record_json

TABLE: Final = 'table=zl.Parquet("orders.parquet")'
OWNER: Final = 'owner="sales"'


def stream(text: str) -> tuple[str, str]:
    """Return the change that gives orders a stream."""
    return TABLE, f"{TABLE}, stream={text}"


def online(text: str = "online=True") -> tuple[str, str]:
    """Return the change by which spending is read online."""
    return OWNER, f"{OWNER}, {text}"


def records(shop: Shop, kind: str, name: str, version: int = 1) -> tuple[Record, ...]:
    """Return a version as it is served."""
    registry = Registry(LocalFolder(shop.root / "registry"))
    return served(registry, registry.record(kind, name, version))  # type: ignore[arg-type]


def view_of(record: Record) -> zl.FeatureView:
    """Return a record's view."""
    assert isinstance(record.definition, zl.FeatureView)
    return record.definition


def test_streams_and_freshness_change_without_a_new_version(shop: Shop) -> None:
    shop.store.apply()
    shop.change(stream('zl.Kafka("orders")'), online('online=True, freshness="5m"'))
    changes = shop.store.apply().changes
    assert [(each.kind, each.name, each.mark, each.version) for each in changes] == [
        ("view", "spending", "*", 1), ("source", "orders", "*", None),
    ]  # fmt: skip
    of_view, of_source = changes
    assert [tuple(field) for field in of_view.fields] == [("freshness", None, "5m"), ("online", None, True)]
    assert [tuple(field) for field in of_source.fields] == [
        ("stream", None, {"type": "Kafka", "topic": "orders", "format": "json"})
    ]
    shop.change(stream('zl.Kafka("moved")'), online('online=True, freshness="10m"'))
    assert [[tuple(field) for field in each.fields] for each in shop.store.apply().changes] == [
        [("freshness", "5m", "10m")],
        [("stream.topic", "orders", "moved")],
    ]
    (record,) = records(shop, "view", "spending")
    assert (view_of(record).freshness_us, record.version) == (600_000_000, 1)
    assert view_of(record).source.members[0].stream == zl.Kafka("moved")


def test_an_old_version_finds_a_moved_topic(shop: Shop) -> None:
    shop.change(stream('zl.Kafka("orders")'), online())
    shop.store.apply()
    shop.change(stream('zl.Kafka("moved")'), online(), ('"amount > 15"', '"amount > 25"'))
    shop.store.apply()
    (first,), (second,) = records(shop, "view", "spending", 1), records(shop, "view", "spending", 2)
    for record in (first, second):
        assert view_of(record).source.members[0].stream == zl.Kafka("moved")
        assert view_of(record).online
    assert first.identity != second.identity


def test_a_service_is_served_with_its_views_first_and_is_what_was_registered(shop: Shop) -> None:
    shop.store.apply()
    shop.change(stream("zl.Push()"), online())
    shop.store.apply()
    spending, model = records(shop, "service", "model")
    assert [spending.title, model.title] == ["spending@1", "model@1"]
    content = pretty_json(record_json(spending))
    again = read_record(content, "here", kind="view", name="spending", version=1, view=lambda *_: spending)
    assert again == spending
    assert view_of(again).source.members[0].stream == zl.Push()


def test_what_is_not_read_online_is_refused(shop: Shop) -> None:
    shop.store.apply()
    hint = "\nHint: say so in its definition, online=True, and register that: zipline apply"
    message = refusal(lambda: records(shop, "view", "spending"), zl.RequestError)
    assert message == "view spending@1 is not read online" + hint
    message = refusal(lambda: records(shop, "service", "model"), zl.RequestError)
    assert message == "service model@1: view spending@1 is not read online" + hint


def test_a_source_of_a_stream_alone_keeps_its_version_when_it_gets_a_table(shop: Shop) -> None:
    schema = 'schema={"customer": "string", "amount": "double", "ordered": "timestamp"}'
    shop.change((TABLE, f"stream=zl.Push(), {schema}"), online())
    shop.store.apply()
    message = refusal(shop.store.training_set(ASKED, "spending", time="at").to_arrow, zl.RequestError)
    assert message.startswith(
        "source 'orders': has a stream and no table, so that its past lies nowhere\nHint: name"
    )
    shop.change((TABLE, f"stream=zl.Push(), {TABLE}, {schema}"), online())
    (change,) = shop.store.apply().changes
    assert (change.kind, change.mark) == ("source", "*")
    assert shop.store.training_set(ASKED, "spending@1", time="at").to_arrow().num_rows == 4
    shop.change((TABLE, f"stream=zl.Push(), {schema}"), online())
    shop.store.apply()
    kept = zl.FeatureStore(shop.root).versions("spending")[0]
    assert view_of(kept).source.members[0].stream == zl.Push()


def test_two_streams_of_one_name_are_refused() -> None:
    events = [source(stream=zl.Push()), source(stream=zl.Kafka("events"))]
    views = [view(name="a", source=events[0]), view(name="b", source=events[1])]
    message = refusal(lambda: draft(views, [], dict.fromkeys(events, TYPES)), zl.DefinitionError)
    assert message == (
        "view 'b': two sources are called 'events' and read different streams\n"
        "Hint: rename one: by its name a pinned version finds where a source's rows lie today"
    )


def test_secrets_of_streams_are_refused(shop: Shop) -> None:
    shop.change(stream('zl.Kafka("orders", options={"sasl_plain_password": "hush", "retries": 3})'))
    message = refusal(shop.store.apply, zl.DefinitionError)
    assert message == (
        "source 'orders': the options of its Kafka holds a secret, which the registry would keep for all to read\n"
        "Hint: write ${NAME} in its place, and give its value in the environment"
    )
    shop.change(stream('zl.Kafka("orders", options={"sasl_plain_password": "${PW}", "retries": 3})'))
    shop.store.apply()


@pytest.mark.parametrize(
    ("field", "value"), [("online", 1), ("freshness_us", "5m"), ("freshness_us", True), ("online", None)]
)
def test_facts_changed_by_hand_are_refused(shop: Shop, field: str, value: object) -> None:
    shop.change(stream("zl.Push()"), online('online=True, freshness="5m"'))
    shop.store.apply()
    (path,) = (shop.root / "registry" / "applied").iterdir()
    data = json.loads(path.read_text())
    data["views"]["spending"][field] = value
    path.write_text(json.dumps(data))
    assert "is not how a view is read" in refusal(shop.store.applied, zl.RegistryError)
