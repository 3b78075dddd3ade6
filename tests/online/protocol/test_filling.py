"""Fills: begun with their cut, read when they are ready, and dropped."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.online.protocol.parts import CUT, FILL, STATE, T, row, started, value_of
from tests.online.simulation.rows import facts_of
from zipline.errors import OnlineError
from zipline.online.calls import ReadMeta
from zipline.online.protocol.bulk import Bulk, set_ready
from zipline.online.protocol.bulk_moving import MovingBulk
from zipline.online.protocol.filling import drop, is_ready, newest_ready, start
from zipline.online.protocol.outcome import Outcome
from zipline.online.steps import run
from zipline.online.stores.memory import MemoryStore


def test_a_fill_of_another_cut_is_refused() -> None:
    store = started()
    run(start(FILL), store)
    with pytest.raises(
        OnlineError, match=r"shard 0 of v@1.1: a shard has the cut None, and the fill has 1000000000"
    ) as error:
        run(start(CUT), store)
    assert "give each a prefix or a database of its own" in str(error.value.hint)


def test_the_newest_that_is_ready_is_read() -> None:
    store = started()
    later, latest = replace(CUT, number=2), replace(CUT, number=3)
    run(start(later), store)
    assert run(newest_ready([FILL, later, latest]), store) == FILL
    run(set_ready(later, {}), store)
    assert run(newest_ready([FILL, later, latest]), store) == later
    run(drop(FILL), store)
    run(drop(later), store)
    assert run(newest_ready([FILL, later, latest]), store) is None
    assert not run(is_ready(FILL), store)


def test_history_is_resumed_where_the_store_stands() -> None:
    store = started(CUT, ready=False)
    load = Bulk(STATE, CUT, "s")
    assert run(load.write(0, facts_of([row(1)])), store).outcome is Outcome.RELOAD
    assert run(load.load(), store) == 0
    assert run(load.write(0, facts_of([row(1), row(2, entity=b"bee")])), store).outcome is Outcome.DONE
    assert not run(set_ready(CUT, {"s": 2}), store)
    again = Bulk(STATE, CUT, "s")
    assert run(again.load(), store) == 1
    assert run(load.write(1, facts_of([row(4, at=1)])), store).outcome is Outcome.DONE
    assert run(again.write(1, facts_of([row(4, at=1)])), store).outcome is Outcome.DONE
    assert run(again.load(), store) == 2
    assert run(set_ready(CUT, {"s": 2}), store)
    assert value_of(store, b"ant", T + 2, fill=CUT) == (True, 2, 5, 4)


def test_history_of_a_fill_that_is_gone() -> None:
    load = Bulk(STATE, CUT, "s")
    assert run(load.load(), MemoryStore()) is None
    store = started(CUT, ready=False)
    run(load.load(), store)
    run(drop(CUT), store)
    assert run(load.write(0, facts_of([row(1)])), store).outcome is Outcome.GONE


def test_a_chunk_of_moving_ids_has_a_greatest_size(monkeypatch: pytest.MonkeyPatch) -> None:
    from tests.online.protocol.parts import MOVES
    from zipline.online.protocol import bulk_moving

    store = started(CUT, ready=False)
    monkeypatch.setattr(bulk_moving, "PARTS", 2)
    load = MovingBulk(MOVES, CUT, "bulk:s")
    load.adopt([store.do(ReadMeta(shard)) for shard in CUT.all_shards])
    rows = [row(each, id=b"i%d" % each) for each in range(2)]
    with pytest.raises(OnlineError, match="a chunk of 2 rows is too large"):
        run(load.write_chunk(0, facts_of(rows)), store)
