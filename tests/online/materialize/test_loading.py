"""History of tables: what is read is what training sets say, whatever came between two of its chunks."""

from __future__ import annotations

import copy
import time
from datetime import timedelta
from pathlib import Path
from random import Random
from typing import Any

import pyarrow as pa
import pytest

from tests.online.client.world import START
from tests.online.materialize.shop import CUT, END, MODULE, Shop, rows_of
from zipline.errors import ConfigError, DataError, OnlineError, RequestError
from zipline.online.calls import (
    Append,
    AppendFacts,
    Call,
    DropShard,
    GetEntry,
    IndexAdd,
    ListEntries,
    PutEntry,
    SetReady,
)
from zipline.online.loading import Patience
from zipline.online.stores.base import Store
from zipline.online.stores.memory import MemoryStore

BEFORE = [CUT, CUT - timedelta(hours=5), START + timedelta(minutes=90)]
AFTER = [END, CUT + timedelta(hours=9), START + timedelta(days=2)]


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    """Return a repository of which nothing is loaded."""
    return Shop(tmp_path, MemoryStore())


def test_it_equals_training_sets(shop: Shop) -> None:
    loaded = shop.load()
    assert [each.view for each in loaded] == ["airports@1", "carriers@1", "landed@1"]
    assert not any(each.resumed for each in loaded)
    known = sum(row["landed"] <= CUT for row in shop.rows.to_pylist())
    assert next(each for each in loaded if each.view == "carriers@1").events == known - nobodies(shop.rows)
    shop.check(*BEFORE)


def nobodies(rows: pa.Table) -> int:
    return sum(row["carrier"] is None and row["landed"] <= CUT for row in rows.to_pylist())


def test_versions_that_tie_are_ordered_by_columns_that_no_feature_reads(tmp_path: Path) -> None:
    """As in training sets: in the order of the columns' names `airplane` comes before what is read."""
    rows = []
    for row in rows_of().to_pylist():
        rows.append(row | {"airplane": "b"})
        if row["flight"] % 3 == 0:
            rows.append(row | {"airplane": "a", "delay": 1000.0, "dest": "ZZZ"})
    shop = Shop(tmp_path, MemoryStore(), pa.Table.from_pylist(rows))
    shop.load()
    shop.check(*BEFORE, name="landed")
    shop.push(*(shop.rows.slice(at, 90) for at in range(0, len(shop.rows), 90)))
    with shop.streaming() as catch_up:
        catch_up()
        shop.check(*BEFORE, *AFTER, name="landed")


def test_the_stream_goes_on_at_the_cut(shop: Shop) -> None:
    """The log holds all rows, those of the table too: none counts twice."""
    shop.load()
    shop.push(*(shop.rows.slice(at, 90) for at in range(0, len(shop.rows), 90)))
    with shop.streaming() as catch_up:
        catch_up()
    shop.check(*BEFORE)
    for name in ("carriers", "landed"):  # the third has a source without a stream
        shop.check(*AFTER, name=name)


class Cut:
    """A store whose caller is ended before or after one of its writes."""

    def __init__(self, store: Store, writes: int, *, after: bool) -> None:
        self._store, self._left, self._after = store, writes, after

    def do(self, call: Call) -> Any:
        if isinstance(call, Append | AppendFacts | IndexAdd | SetReady):
            self._left -= 1
            if self._left == 0:
                if self._after:
                    self._store.do(call)
                raise KeyboardInterrupt
        return self._store.do(call)

    def close(self) -> None:
        pass


@pytest.mark.parametrize("seed", range(6))
def test_a_load_that_was_cut_goes_on(shop: Shop, seed: int) -> None:
    random, cuts = Random(seed), 0
    while True:
        try:
            (loaded,) = shop.load(
                "landed", store=Cut(shop.store, random.randrange(1, 400), after=bool(seed % 2))
            )
            break
        except KeyboardInterrupt:
            cuts += 1
    assert loaded.resumed == (cuts > 0)
    assert [fill.number for fill in shop.fills("landed")] == [1]
    shop.check(*BEFORE, name="landed")


def kept(store: MemoryStore) -> dict[str, Any]:
    """Return a copy of all that a store holds."""
    return {
        name: copy.deepcopy(value) for name, value in store.__dict__.items() if "lock" not in type(value).__name__
    }  # fmt: skip


class Loses:
    """A store that goes back to what it was, or loses a shard, while history is loaded."""

    def __init__(self, store: MemoryStore, random: Random) -> None:
        self._store, self._random = store, random
        self._kept: dict[str, Any] | None = None
        self.losses = 0

    def do(self, call: Call) -> Any:
        if isinstance(call, Append | AppendFacts | IndexAdd | SetReady):
            luck = self._random.random() if self._kept is not None else 0.03
            if luck < 0.01 and self.losses < 6:
                self.losses += 1
                self._store.__dict__.update(copy.deepcopy(self._kept or {}))
            elif luck < 0.02 and self.losses < 6:
                self.losses += 1
                while not self._store.do(DropShard(call.shard)):
                    pass
            elif luck < 0.04:
                self._kept = kept(self._store)
        return self._store.do(call)

    def close(self) -> None:
        pass


@pytest.mark.parametrize("seed", range(4))
def test_a_store_that_loses_what_it_had(shop: Shop, seed: int) -> None:
    assert isinstance(shop.store, MemoryStore)
    losing = Loses(shop.store, Random(seed))
    for name in ("carriers", "landed", "airports"):
        shop.load(name, store=losing)
        losing._kept = None  # the catalog is not what is lost here
    assert losing.losses > 0
    shop.check(*BEFORE, name="carriers")
    shop.check(*BEFORE, name="landed")
    shop.check(*BEFORE, name="airports")


class LosesCatalog:
    """A store that is told of no fill any more, once, when the first shard is said to be ready."""

    def __init__(self, store: Store) -> None:
        self._store, self._lost = store, False

    def do(self, call: Call) -> Any:
        if isinstance(call, SetReady) and not self._lost:
            self._lost = True
            (entry,) = self._store.do(ListEntries("fills/"))
            before = b'{"format":1,"fills":[],"next":1}'
            assert self._store.do(PutEntry(entry, self._store.do(GetEntry(entry)), before))
        return self._store.do(call)

    def close(self) -> None:
        pass


def test_a_store_that_loses_its_catalog_is_told_of(shop: Shop) -> None:
    with pytest.raises(OnlineError, match=r"has lost what it was told of landed@1\.1") as caught:
        shop.load("landed", store=LosesCatalog(shop.store))
    assert caught.value.hint == "load it again"
    assert shop.fills("landed") == []
    shop.load("landed")
    shop.check(*BEFORE, name="landed")


def test_a_new_fill_beside_the_one_that_is_read(shop: Shop) -> None:
    shop.load("carriers")
    (old,) = shop.fills("carriers")
    half = len(shop.rows) // 2
    shop.push(shop.rows.slice(0, half))
    with shop.streaming() as catch_up:
        catch_up()
        shop.push(shop.rows.slice(half))

        waits = []

        def wait(said: str) -> None:
            waits.append(said)
            assert said.startswith("carriers@1.2 waits for the stream: ['flights:push:0 at ")
            assert shop.fills("carriers")[0] == old  # it is read meanwhile
            time.sleep(0.01)

        shop.load("carriers", CUT + timedelta(hours=3), wait=wait)
        assert waits  # also of the shards that no event of the log was for
        (new,) = shop.fills("carriers")
        assert (new.number, old.number) == (2, 1)
        catch_up()
        shop.check(*BEFORE, *AFTER, name="carriers")


def test_where_nothing_says_how_far_the_tables_go(shop: Shop) -> None:
    with pytest.raises(RequestError, match="source 'flights': nothing says where its table ends") as caught:
        shop.load("carriers", None)
    assert "--until 2026-01-31T00:00:00Z" in str(caught.value.hint)
    (loaded,) = shop.load("landed", None)  # ids tell what was there already
    assert loaded.fill == "landed@1.1"
    with pytest.raises(RequestError, match="--until 2024-03-05T00:00:00Z is in the future") as caught:
        shop.load("carriers", END + timedelta(days=1))
    assert "a moment up to which the tables are complete" in str(caught.value.hint)


def test_what_cannot_be_loaded(shop: Shop) -> None:
    with pytest.raises(RequestError, match="offline"):
        shop.load("offline")
    with pytest.raises(ConfigError, match="unheard"):
        shop.load("unheard")


def test_a_row_that_cannot_be_computed_is_named(tmp_path: Path) -> None:
    text = MODULE.replace('"landed"}', '"landed", "select": {"delay": "CAST(dest AS double)"}}')
    shop = Shop(tmp_path, MemoryStore(), module=text)
    with pytest.raises(DataError, match=r"source 'flights', row \{.*'dest': 'LAX'.*cannot be computed"):
        shop.load("carriers")


def test_an_empty_table(tmp_path: Path) -> None:
    shop = Shop(tmp_path, MemoryStore(), rows_of().slice(0, 0))
    assert [each.events for each in shop.load()] == [0, 0, 0]
    shop.check(*BEFORE)


def test_patience_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("zipline.online.loading.GIVE_UP_SECONDS", 0.0)
    monkeypatch.setattr("zipline.online.loading.WAIT_SECONDS", 0.0)
    patience = Patience()
    patience("carriers@1.2 waits: one")
    patience("carriers@1.2 waits: two")
    with pytest.raises(OnlineError, match="waits: two") as caught:
        patience("carriers@1.2 waits: two")
    assert "start zipline stream" in str(caught.value.hint)
