"""What is streamed: the fills of the catalog, and the first one of a view that has nothing but its streams."""

from __future__ import annotations

import pytest

import zipline as zl
from tests.online.streams.definitions import delays, flights
from tests.online.streams.streaming import publish
from zipline.errors import OnlineError
from zipline.online import catalog
from zipline.online.calls import ReadMeta
from zipline.online.protocol import filling
from zipline.online.steps import run
from zipline.online.stores.base import Store
from zipline.online.stores.memory import MemoryStore
from zipline.online.streams.fill_book import FillBook


def book(store: Store, *names: str) -> FillBook:
    return FillBook(store, frozenset(names), 2, 5, lambda: 9)


def test_a_view_that_has_nothing_but_its_stream_is_read_at_once() -> None:
    store = MemoryStore()
    publish(store, delays(flights(), online=True))
    first, again = book(store).read(), book(store).read()
    assert first == again
    ((streamed),) = first
    (fill,) = streamed.fills
    assert (fill.name, fill.shards, fill.cut, fill.history) == ("carrier_delays@1.1", 2, None, 5)
    assert run(filling.is_ready(fill), store)


def test_a_view_with_a_table_waits_for_its_history() -> None:
    store = MemoryStore()
    publish(store, delays(flights(table=zl.Parquet("flights.parquet")), online=True))
    (streamed,) = book(store).read()
    assert streamed.fills == ()
    fill = run(catalog.add_fill("carrier_delays", 1, shards=2, cut=7, history=5, now=9), store)
    assert book(store).read()[0].fills == (fill,)


def test_views_are_chosen_by_name() -> None:
    store = MemoryStore()
    views = [delays(flights(), online=True).model_copy(update={"name": name}) for name in ("one", "two")]
    publish(store, *views)
    assert [each.state.view.name for each in book(store).read()] == ["one", "two"]
    assert [each.state.view.name for each in book(store, "two").read()] == ["two"]
    with pytest.raises(OnlineError, match="view 'tow' is not in the online store") as caught:
        book(store, "tow").read()
    assert caught.value.hint == (
        "did you mean 'two'? Allowed: 'one', 'two'; register it, online=True: zipline apply"
    )


def test_a_store_has_a_group_of_its_own() -> None:
    one, other = MemoryStore(), MemoryStore()
    assert book(one).group() == book(one).group()
    assert book(one).group() != book(other).group()
    assert book(one).group().startswith("zipline-")


def test_what_the_store_lost_is_made_again_while_the_catalog_has_it() -> None:
    store = MemoryStore()
    publish(store, delays(flights(), online=True))
    (fill,) = book(store).read()[0].fills
    run(filling.drop(fill), store)
    assert book(store).restore(fill)
    assert run(filling.is_ready(fill), store)
    loaded = run(catalog.add_fill("carrier_delays", 1, shards=2, cut=7, history=5, now=9), store)
    assert book(store).restore(loaded)
    assert not run(filling.is_ready(loaded), store)  # its history must be loaded again
    run(catalog.drop_fill(loaded), store)
    run(filling.drop(loaded), store)
    assert not book(store).restore(loaded)
    assert store.do(ReadMeta(loaded.shard(0))) is None
