"""The catalog: what is served is found in the online store, whoever writes it at the same time."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any, TypeVar

import pytest

import zipline as zl
from tests.refusals import refusal
from zipline.dsl import EventSource
from zipline.errors import OnlineError
from zipline.online import catalog
from zipline.online.calls import GetEntry, PutEntry
from zipline.online.fills import Fill
from zipline.online.steps import Steps, run
from zipline.online.stores.memory import MemoryStore
from zipline.registry.drafts import Draft, draft
from zipline.registry.records import Record
from zipline.types import FLOAT64, STRING, TIMESTAMP

T = TypeVar("T")

TYPES = {"user": STRING, "x": FLOAT64, "ts": TIMESTAMP}
NOON = 43_200_000_000
MISSING = "put it there: zipline apply, then zipline materialize"


def definitions(
    window: str = "1d", topic: str = "events"
) -> tuple[EventSource, zl.FeatureView, zl.FeatureService]:
    """Return a source, a view of it, and a service of that."""
    source = zl.EventSource(
        "events", table=zl.Parquet("events.parquet"), stream=zl.Kafka(topic), event_time="ts"
    )
    view = zl.FeatureView(
        "spent", entity=zl.Entity("user"), source=source, features=[zl.Sum("x").over(window)], online=True
    )
    return source, view, zl.FeatureService("model", [view])


def records(version: int = 1, window: str = "1d", topic: str = "events") -> tuple[Record, Record]:
    """Return a version of the view and one of the service, as they are served."""
    source, view, service = definitions(window, topic)
    drafts = draft([view], [service], {source: TYPES})
    recorded = record(drafts.views["spent"], version)
    return recorded, record(drafts.services["model"], version, views={"spent": version})


def record(drafted: Draft, version: int, **parts: Any) -> Record:
    """Return a draft as registered under a number."""
    return Record(
        drafted.kind, drafted.name, version, drafted.identity, drafted.meaning, drafted.definition,
        drafted.schemas, registered_at="2024-01-01T00:00:00.000000Z", ties=drafted.ties, **parts,
    )  # fmt: skip


class Store(MemoryStore):
    """A store in which another writer may come between a read and the write after it."""

    def __init__(self) -> None:
        super().__init__()
        self.before_writes: list[Callable[[], object]] = []
        self.writes = 0

    def do(self, call: Any) -> Any:
        if isinstance(call, PutEntry):
            self.writes += 1
            if self.before_writes:
                self.before_writes.pop(0)()
        return super().do(call)

    def run(self, steps: Steps[T]) -> T:
        """Run steps to their end here."""
        return run(steps, self)

    def put(self, entry: str, value: bytes) -> None:
        """Write an entry over whatever is there."""
        super().do(PutEntry(entry, super().do(GetEntry(entry)), value))


@pytest.fixture
def store() -> Store:
    return Store()


def test_what_is_published_is_found_without_the_registry(store: Store) -> None:
    view, service = records()
    store.run(catalog.publish([view, service]))
    assert store.run(catalog.services()) == {"model": 1}
    assert store.run(catalog.service_records("model")) == (service, {"spent": view})
    assert store.run(catalog.service_records("model", 1)) == (service, {"spent": view})
    assert store.run(catalog.view_record("spent", 1)) == view


def test_a_service_is_read_in_another_version_when_it_is_switched(store: Store) -> None:
    first, second = records(), records(2, "7d")
    store.run(catalog.publish([*first, *second]))
    assert store.run(catalog.services()) == {"model": 1}
    assert store.run(catalog.switch("model", 2)) == 1
    assert store.run(catalog.service_records("model")) == (second[1], {"spent": second[0]})
    assert store.run(catalog.switch("model", 1)) == 2
    assert store.run(catalog.services()) == {"model": 1}


def test_publishing_again_writes_only_news(store: Store) -> None:
    store.run(catalog.publish(records()))
    writes = store.writes
    store.run(catalog.publish(records()))
    assert store.writes == writes
    view, service = records(topic="moved")
    store.run(catalog.publish([view, service]))
    assert store.writes == writes + 1
    assert store.run(catalog.view_record("spent", 1)) == view


def test_another_registrys_definition_is_not_written_over(store: Store) -> None:
    store.run(catalog.publish(records()))
    message = refusal(lambda: store.run(catalog.publish(records(window="7d"))), OnlineError)
    assert message == (
        "online store, view/spent@1: another definition is published as spent@1, of another registry\n"
        "Hint: give each registry an online store of its own, or a prefix: [online] in zipline.toml"
    )


def test_what_is_not_there_names_what_is(store: Store) -> None:
    def said(steps: Steps[Any]) -> str:
        return refusal(lambda: store.run(steps), OnlineError)

    nothing = said(catalog.service_records("model"))
    assert nothing == f"service 'model' is not in the online store\nHint: {MISSING}"
    store.run(catalog.publish(records()))
    assert said(catalog.service_records("modle")) == (
        "service 'modle' is not in the online store\n"
        f"Hint: did you mean 'model'? Allowed: 'model', 'model@1'; {MISSING}"
    )
    assert said(catalog.service_records("model", 3)) == (
        f"service 'model@3' is not in the online store\nHint: did you mean 'model@1'? Allowed: 'model@1'; {MISSING}"
    )
    assert said(catalog.switch("model", 3)).startswith(
        "service 'model@3' is not in the online store\nHint: did you"
    )
    assert said(catalog.view_record("spent", 2)) == (
        f"view 'spent@2' is not in the online store\nHint: did you mean 'spent@1'? Allowed: 'spent@1'; {MISSING}"
    )


@pytest.mark.parametrize(
    ("entry", "old", "new", "said"),
    [
        ("view/spent@1", "}", "", "is torn or no JSON: "),
        ("view/spent@1", "86400000000", "172800000000", "was changed after it was written: its content"),
        ("service/model@1", '"views":{"spent":1}', '"v":{}', "is not what zipline wrote: there is no 'views'"),
        ("service/model@1", '"name":"model","r', '"name":"other","r', "it says that it is service other@1"),
        ("service/model", "version", "v", "is not what zipline wrote: there is no 'version'"),
        ("service/model", "format", "f", "is no file of a registry: it has no format number"),
    ],
)  # fmt: skip
def test_entries_that_are_not_what_was_written_are_refused(
    store: Store, entry: str, old: str, new: str, said: str
) -> None:
    store.run(catalog.publish(records()))
    text = store.do(GetEntry(entry)).decode()
    assert old in text
    store.put(entry, text.replace(old, new, 1).encode())
    message = refusal(lambda: store.run(catalog.service_records("model")), OnlineError)
    assert message.startswith(f"online store, {entry}: ")
    assert said in message
    assert message.endswith("\nHint: publish it again: zipline materialize")


def test_entries_of_a_newer_zipline_ask_for_an_upgrade(store: Store) -> None:
    store.run(catalog.publish(records()))
    store.put("service/model", b'{"format":2,"version":1}')
    message = refusal(lambda: store.run(catalog.services()), OnlineError)
    assert message == (
        "online store, service/model: has format 2; this zipline knows format 1\nHint: a newer zipline wrote it: "
        "upgrade this one (pip install --upgrade zipline-features)"
    )


@pytest.mark.parametrize("torn", [b'{"format":1,"identity":', b"[]", b'{"identity":null}'])
def test_a_torn_entry_is_mended_by_publishing_again(store: Store, torn: bytes) -> None:
    view, service = records()
    store.run(catalog.publish([view, service]))
    store.put("view/spent@1", torn)
    store.run(catalog.publish([view, service]))
    assert store.run(catalog.service_records("model")) == (service, {"spent": view})


def add(store: Store, **options: Any) -> Fill:
    """Return a new fill of the view."""
    given = {"shards": 4, "cut": None, "history": 600_000_000, "now": NOON, **options}
    return store.run(catalog.add_fill("spent", 1, **given))


def test_fills_are_numbered_and_a_number_is_given_once(store: Store) -> None:
    assert store.run(catalog.fills("spent", 1)) == ()
    first, second = add(store), add(store, shards=8, cut=7, now=NOON + 1)
    assert first == Fill("spent", 1, 1, 4, None, 600_000_000, "1970-01-01T12:00:00.000000Z")
    assert second == Fill("spent", 1, 2, 8, 7, 600_000_000, "1970-01-01T12:00:00.000001Z")
    assert store.run(catalog.fills("spent", 1)) == (first, second)
    assert store.run(catalog.fills("spent", 2)) == ()
    assert store.run(catalog.drop_fill(second))
    assert not store.run(catalog.drop_fill(second))
    assert not store.run(catalog.drop_fill(replace(second, version=2)))
    assert store.run(catalog.fills("spent", 1)) == (first,)
    assert add(store).number == 3


def test_writers_at_the_same_time_lose_nothing(store: Store) -> None:
    others: list[Fill] = []
    store.before_writes = [lambda: others.append(add(store)), lambda: None, lambda: others.append(add(store))]
    mine = add(store)
    assert sorted(fill.number for fill in (mine, *others)) == [1, 2, 3]
    assert mine.number == 3
    assert [fill.number for fill in store.run(catalog.fills("spent", 1))] == [1, 2, 3]


def test_two_publish_at_the_same_time(store: Store) -> None:
    view, service = records()
    store.before_writes = [lambda: store.run(catalog.publish([view, service]))]
    store.run(catalog.publish([view, service]))
    assert store.run(catalog.service_records("model")) == (service, {"spent": view})
    other = records(window="7d")
    fresh = Store()
    fresh.before_writes = [lambda: fresh.run(catalog.publish(other))]
    assert "another definition is published" in refusal(
        lambda: fresh.run(catalog.publish([view])), OnlineError
    )


def test_fills_of_another_version_are_refused(store: Store) -> None:
    add(store)
    entry = "fills/spent@1"
    data = json.loads(store.do(GetEntry(entry)))
    data["fills"][0]["version"] = 2
    store.put(entry, json.dumps(data).encode())
    message = refusal(lambda: store.run(catalog.fills("spent", 1)), OnlineError)
    assert message.startswith(
        f"online store, {entry}: is not what zipline wrote: it has fills of another version"
    )
