"""A newer fill or version is read as soon as it is ready, without a restart, and never before."""

from __future__ import annotations

import threading
from datetime import timedelta
from typing import Any

import pytest

import zipline as zl
from tests.online.client.world import MODULE, START, World
from zipline.errors import OnlineError
from zipline.online import catalog
from zipline.online.calls import Call, ReadAll
from zipline.online.fills import Fill
from zipline.online.protocol import filling
from zipline.online.protocol.bulk import set_ready
from zipline.online.reads import Reads
from zipline.online.resolving import RECHECK
from zipline.online.steps import run
from zipline.online.stores.memory import MemoryStore
from zipline.registry.records import Record

AT = START + timedelta(days=2)
UA = {"op_carrier": "UA"}


class Counting:
    """A store that notes what is asked of it."""

    def __init__(self, store: Any) -> None:
        self.store = store
        self.calls: list[Call] = []

    def do(self, call: Call) -> Any:
        """Note the call, and make it."""
        self.calls.append(call)
        return self.store.do(call)

    def close(self) -> None:
        """Leave the store open."""


class Watch:
    """A clock that never goes back, moved by hand."""

    def __init__(self) -> None:
        self.now = 0

    def __call__(self) -> int:
        return self.now


def carriers(world: World) -> Record:
    """Return the record of the view."""
    (record,) = (each for each in world.publish("small_model") if each.kind == "view")
    return record


def drop(world: World, fill: Fill) -> None:
    """Take a fill out of the catalog, and delete it."""
    assert run(catalog.drop_fill(fill), world.online)
    run(filling.drop(fill), world.online)


def test_a_read_is_one_call_once_its_service_is_known(world: World) -> None:
    store, watch = Counting(world.online), Watch()
    reads = Reads(lambda: world.clock, watch)
    many = [{"op_carrier": carrier, "origin": "JFK"} for carrier in ("UA", "AA", "UA", "UA")]
    run(reads.answer("delay_model", many, AT), store)
    store.calls.clear()
    run(reads.answer("delay_model", many, AT), store)
    (call,) = store.calls
    assert isinstance(call, ReadAll)
    entities = [each for read in call.reads for each in read.entities]
    assert entities.count(b"UA") == 1, "an entity that is asked for three times is read once"
    run(reads.get("delay_model", many[0], AT), store)
    assert len(store.calls) == 2


def test_a_newer_fill_is_read_when_it_is_ready(own_world: World) -> None:
    watch = Watch()
    reads, record = Reads(lambda: own_world.clock, watch), carriers(own_world)

    def count() -> int:
        found = run(reads.get("small_model", UA, AT), own_world.online)
        return int(found["carriers__count_1d"])

    own_world.fill(record, rows=own_world.rows.slice(0, 0))
    assert count() == 0
    second = own_world.fill(record, ready=False)
    watch.now += RECHECK
    assert count() == 0
    assert run(set_ready(second, {}), own_world.online)
    watch.now += RECHECK - 1
    assert count() == 0
    watch.now += 1
    assert count() > 0


def test_a_fill_that_is_dropped_is_noticed_by_the_read(own_world: World) -> None:
    reads, record = Reads(lambda: own_world.clock, Watch()), carriers(own_world)
    first = own_world.fill(record, rows=own_world.rows.slice(0, 0))
    assert run(reads.get("small_model", UA, AT), own_world.online)["carriers__count_1d"] == 0
    own_world.fill(record)
    drop(own_world, first)
    assert run(reads.get("small_model", UA, AT), own_world.online)["carriers__count_1d"] > 0


def test_a_fill_that_the_store_lost_is_an_error_never_not_found(own_world: World) -> None:
    reads = Reads(lambda: own_world.clock, Watch())
    (fill,) = own_world.load("small_model")
    run(reads.get("small_model", UA, AT), own_world.online)
    run(filling.drop(fill), own_world.online)
    with pytest.raises(OnlineError, match="view carriers@1 has no complete state in the online store"):
        run(reads.get("small_model", UA, AT), own_world.online)


def test_a_shard_that_was_lost_after_the_fill_was_chosen(
    own_world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A server that loses one shard between the choice and the read, twice in a row."""
    reads = Reads(lambda: own_world.clock, Watch())
    (fill,) = own_world.load("small_model")
    run(reads.get("small_model", UA, AT), own_world.online)
    run(filling.drop(fill), own_world.online)

    def chosen(fills: Any) -> Any:
        yield from ()
        return fills[-1]

    monkeypatch.setattr("zipline.online.resolving.newest_ready", chosen)
    with pytest.raises(
        OnlineError, match=r"small_model@1: the state of a view is gone: carriers@1\.1\nHint: the online"
    ):
        run(reads.get("small_model", UA, AT), own_world.online)
    run(filling.start(fill), own_world.online)
    with pytest.raises(OnlineError, match=r"the state of a view is not complete any more: carriers@1\.1"):
        run(reads.get("small_model", UA, AT), own_world.online)


def test_a_new_version_is_read_from_the_switch_on(own_world: World) -> None:
    watch = Watch()
    own_world.load("small_model")
    reads = Reads(lambda: own_world.clock, watch)
    (own_world.folder / "features.py").write_text(
        MODULE.replace('carriers["count_1d", "late_rate"]', "carriers['count_1h']")
    )
    own_world.store = zl.FeatureStore(own_world.folder)
    own_world.store.apply()
    own_world.publish("small_model")
    watch.now += RECHECK
    assert run(reads.get("small_model", UA, AT), own_world.online).service == "small_model@1"
    run(catalog.switch("small_model", 2), own_world.online)
    watch.now += RECHECK
    read = run(reads.get("small_model", UA, AT), own_world.online)
    assert (read.service, list(read)) == ("small_model@2", ["carriers__count_1h"])
    assert run(reads.get("small_model@1", UA, AT), own_world.online).service == "small_model@1"


def test_a_view_by_its_name_is_its_newest_version_that_can_be_read(own_world: World) -> None:
    watch = Watch()
    own_world.load("small_model")
    reads = Reads(lambda: own_world.clock, watch)
    (own_world.folder / "features.py").write_text(MODULE.replace('zl.Max("distance").over("1d"),', ""))
    own_world.store = zl.FeatureStore(own_world.folder)
    own_world.store.apply()
    assert "carriers__distance_max_1d" in run(reads.get("carriers", {}, AT), own_world.online)
    record = carriers(own_world)
    assert record.version == 2
    watch.now += RECHECK
    assert "carriers__distance_max_1d" in run(reads.get("carriers", {}, AT), own_world.online)
    own_world.fill(record)
    watch.now += RECHECK
    assert "carriers__distance_max_1d" not in run(reads.get("carriers", {}, AT), own_world.online)


def test_fills_take_over_while_threads_read(own_world: World) -> None:
    """Every answer is of one fill or of the next, whole; none is an error and none is of no events."""
    record = carriers(own_world)
    fills = [own_world.fill(record)]
    watch, errors, seen = Watch(), list[BaseException](), set[int]()
    reads = Reads(lambda: own_world.clock, watch)
    done = threading.Event()

    def read() -> None:
        try:
            while not done.is_set():
                found = run(reads.get("small_model", UA, AT), own_world.online)
                seen.add(int(found["carriers__count_1d"]))
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=read) for _ in range(4)]
    for thread in threads:
        thread.start()
    for _ in range(5):
        fills.append(own_world.fill(record))
        watch.now += RECHECK
        drop(own_world, fills[-2])
    done.set()
    for thread in threads:
        thread.join()
    assert errors == []
    assert len(seen) == 1
    assert seen.pop() > 0


def test_records_are_read_again_when_their_facts_change(own_world: World) -> None:
    own_world.load("small_model")
    watch = Watch()
    reads = Reads(lambda: own_world.clock, watch)
    before = run(reads.service("small_model"), own_world.online)
    watch.now += RECHECK
    assert run(reads.service("small_model"), own_world.online) is before
    (own_world.folder / "features.py").write_text(MODULE.replace('freshness="5m"', 'freshness="1h"'))
    own_world.store = zl.FeatureStore(own_world.folder)
    own_world.store.apply()
    own_world.publish("small_model")
    watch.now += RECHECK
    after = run(reads.service("small_model"), own_world.online)
    assert (before.parts[0].freshness, after.parts[0].freshness) == (300_000_000, 3_600_000_000)


def test_a_store_in_memory_is_a_store() -> None:
    with zl.OnlineClient(MemoryStore()) as client:
        assert client.services() == []
