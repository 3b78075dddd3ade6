"""Tasks that make and write history, without Spark: run twice, run together, on a store that loses what it had."""

from __future__ import annotations

import copy
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.online.materialize.shop import CUT, END, HISTORY, Shop
from tests.online.materialize.tasks import OneProcess, load, task, write
from tests.online.materialize.test_loading import BEFORE, Loses
from zipline.errors import StoreUnavailable
from zipline.online.calls import Append, AppendFacts, Call, IndexAdd
from zipline.online.executors.lanes import Lanes
from zipline.online.fills import Fill
from zipline.online.history_facts import HistoryFacts
from zipline.online.protocol.bulk import Bulk
from zipline.online.state.view_state import view_state
from zipline.online.steps import run
from zipline.online.stores.base import Store
from zipline.online.stores.memory import MemoryStore
from zipline.online.streams.facts import FactMaker
from zipline.progress import Progress
from zipline.time import to_micros


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    """Return a repository of which nothing is loaded."""
    return Shop(tmp_path, MemoryStore())


@pytest.mark.parametrize("name", ["airports", "carriers", "landed"])
def test_it_equals_training_sets(shop: Shop, name: str) -> None:
    load(shop, name)
    shop.check(*BEFORE, name=name)


def test_the_stream_goes_on_at_the_cut(shop: Shop) -> None:
    load(shop, "carriers")
    load(shop, "landed")
    shop.push(*(shop.rows.slice(at, 90) for at in range(0, len(shop.rows), 90)))
    with shop.streaming() as catch_up:
        catch_up()
    for name in ("carriers", "landed"):
        shop.check(*BEFORE, END, name=name)


@pytest.mark.parametrize("name", ["carriers", "landed"])
def test_a_task_that_is_run_again_changes_nothing(shop: Shop, name: str) -> None:
    states = []

    def twice(lanes: Lanes, store: Store, messages: pa.Table) -> int:
        written = write(lanes, store, messages)
        states.append(parts_of(shop.store))
        assert write(lanes, store, messages) == 0
        states.append(parts_of(shop.store))
        return written

    load(shop, name, write=twice)
    assert states[0] == states[1]
    shop.check(*BEFORE, name=name)


def parts_of(store: Any) -> dict[Any, Any]:
    """Return a copy of all that shards hold."""
    return {shard: copy.deepcopy(part) for shard, part in store._place._parts.items()}


class Meddled:
    """A store on which another does something between two writes."""

    def __init__(self, store: Store, at: int, meddle: Callable[[], object]) -> None:
        self._store, self._left, self._meddle = store, at, meddle

    def do(self, call: Call) -> Any:
        if isinstance(call, Append | AppendFacts | IndexAdd):
            self._left -= 1
            if self._left == 0:
                self._meddle()
        return self._store.do(call)

    def close(self) -> None:
        pass


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("name", ["carriers", "landed"])
def test_a_task_that_runs_twice_at_once(shop: Shop, name: str, seed: int) -> None:
    """As Spark does where one seems slow; the rows of the second one come in another order."""
    random = Random(seed)

    def both(lanes: Lanes, store: Store, messages: pa.Table) -> int:
        other = random.sample(range(len(shop.rows)), len(shop.rows))
        again = task(lanes, shop.rows.take(other), frozenset(range(lanes.count)))
        meddled = Meddled(store, random.randrange(1, 150), lambda: write(lanes, store, again))
        return write(lanes, meddled, messages)

    load(shop, name, write=both)
    shop.check(*BEFORE, name=name)


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("name", ["carriers", "landed"])
def test_a_run_that_was_ended_goes_on_with_rows_in_another_order(shop: Shop, name: str, seed: int) -> None:
    random = Random(seed)

    def end() -> None:
        raise KeyboardInterrupt

    def shuffled(lanes: Lanes, store: Store, messages: pa.Table) -> int:
        order = random.sample(range(len(shop.rows)), len(shop.rows))
        again = task(lanes, shop.rows.take(order), frozenset(messages["lane"].to_pylist()))
        return write(lanes, Meddled(store, random.randrange(1, 300), end), again)

    while True:
        try:
            load(shop, name, write=shuffled)
            break
        except KeyboardInterrupt:
            pass
    shop.check(*BEFORE, name=name)


@pytest.mark.parametrize("seed", range(3))
def test_rows_of_a_chunk_are_numbered_in_an_order_of_their_own(
    shop: Shop, monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    """A run that goes on in the middle of a chunk skips the rows that were written, not others."""
    monkeypatch.setattr("zipline.online.protocol.runs.MOST_DELTAS", 8)
    random = Random(seed)

    def end() -> None:
        raise KeyboardInterrupt

    class OneChunk(OneProcess):
        chunks = {"landings": 1}  # noqa: RUF012

        def write(self, store: Store, progress: Progress) -> int:
            lanes = self.lanes
            rows = shop.rows.take(random.sample(range(len(shop.rows)), len(shop.rows)))
            made = HistoryFacts(lanes.state, 0, lanes.fill).facts(FactMaker(lanes.state, 0), rows)
            bulk, cut = (
                Bulk(lanes.state, lanes.fill, "landings"),
                Meddled(store, random.randrange(3, 9), end),
            )
            while run(bulk.load(), cut) == 0:
                run(bulk.write(0, made), cut)
            return len(made)

    ended = 0
    while True:
        try:
            load(shop, "landed", kind=OneChunk, shards=1)
            break
        except KeyboardInterrupt:
            ended += 1
    assert ended
    shop.check(*BEFORE, name="landed")


def test_an_empty_table(shop: Shop) -> None:
    shop.rows = shop.rows.slice(0, 0)
    pq.write_table(shop.rows, shop.folder / "flights.parquet")
    for name in ("carriers", "landed"):
        load(shop, name)
        shop.check(*BEFORE, name=name)


@pytest.mark.parametrize("seed", range(3))
def test_a_store_that_loses_what_it_had(shop: Shop, seed: int) -> None:
    assert isinstance(shop.store, MemoryStore)
    losing = Loses(shop.store, Random(seed))
    for name in ("carriers", "landed"):
        load(shop, name, store=losing)
        losing._kept = None
        shop.check(*BEFORE, name=name)
    assert losing.losses > 0


class Failing:
    """A store that fails at some of its calls, sometimes after it has done what was asked."""

    def __init__(self, store: Store, random: Random) -> None:
        self._store, self._random = store, random

    def do(self, call: Call) -> Any:
        luck = self._random.random() if isinstance(call, Append | AppendFacts | IndexAdd) else 1.0
        if luck < 0.02:
            raise StoreUnavailable("slow")
        answer = self._store.do(call)
        if luck < 0.04:
            raise StoreUnavailable("slow")
        return answer

    def close(self) -> None:
        pass


@pytest.mark.parametrize("name", ["carriers", "landed"])
def test_replies_that_are_lost(shop: Shop, name: str) -> None:
    load(shop, name, store=Failing(shop.store, Random(name)))
    shop.check(*BEFORE, name=name)


def test_lanes_of_ids_keep_all_versions_of_an_id(shop: Shop) -> None:
    state = view_state(shop.registry.record("view", "landed", 1))
    lanes = Lanes(state, 0, Fill("landed", 1, 1, 4, to_micros(CUT), HISTORY, ""))
    facts = HistoryFacts(state, 0, lanes.fill).facts(FactMaker(state, 0), shop.rows)
    assert facts.ids is not None
    places: dict[bytes, set[tuple[int, int]]] = {}
    for each, *place in zip(facts.ids, *lanes.places(facts), strict=True):
        places.setdefault(each, set()).add((int(place[0]), int(place[1])))
    assert all(len(each) == 1 for each in places.values())
    assert len(set.union(*places.values())) > 16
