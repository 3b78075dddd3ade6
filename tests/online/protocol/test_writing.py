"""Writers: where they begin, what they refuse, and what they say of documents that grow."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from typing import Any

import pytest

from tests.online.protocol.parts import FILL, LOG, MOVES, SECOND, STATE, T, row, started, value_of, written
from tests.online.simulation.rows import facts_of
from zipline.errors import StoreUnavailable
from zipline.online.calls import NOWHERE, Append, Applied, Call, ReadMeta
from zipline.online.protocol import blind, filling
from zipline.online.protocol.outcome import Outcome
from zipline.online.protocol.writing import Writer
from zipline.online.steps import run
from zipline.online.stores.memory import MemoryStore


class Failing(MemoryStore):
    """A store that makes calls of a kind and loses their answers."""

    fails: type | None = None

    def do(self, call: Call) -> Any:
        answer = super().do(call)
        if self.fails is not None and isinstance(call, self.fails):
            raise StoreUnavailable("the answer is lost")
        return answer


def test_what_is_written_is_read() -> None:
    store = started()
    written(store, [row(1), row(2, at=1), row(5, entity=b"bee", at=1)])
    assert value_of(store, b"ant", T + 2) == (True, 2, 3, 2)
    assert value_of(store, b"bee", T + 2) == (True, 1, 5, 5)
    assert value_of(store, b"cat", T + 2) == (False, 0, None, None)


def test_a_fill_that_is_not_there_is_gone() -> None:
    writer = Writer(STATE, FILL, LOG)
    assert run(writer.load(T), MemoryStore()) is None
    store = started()
    writer = written(store, [row(1)])
    run(filling.drop(FILL), store)
    assert run(writer.write(facts_of([row(2)], [1]), 1, 2, T), store).outcome is Outcome.GONE


def test_nothing_is_written_before_loading() -> None:
    writer = Writer(STATE, FILL, LOG)
    assert run(writer.write(facts_of([row(1)], [0]), 0, 1, T), started()).outcome is Outcome.RELOAD


def test_a_batch_behind_the_position_is_refused() -> None:
    store = started()
    writer = written(store, [row(1)])
    assert run(writer.write(facts_of([row(2)], [5]), 5, 6, T), store).outcome is Outcome.RELOAD
    assert run(writer.load(T), store) in (NOWHERE, 1)


def test_what_is_there_already_is_skipped() -> None:
    store = started()
    rows = [row(1), row(2, at=1)]
    writer = written(store, rows)
    assert run(writer.write(facts_of(rows, [0, 1]), 0, 2, T), store).outcome is Outcome.DONE
    assert value_of(store, b"ant", T + 2) == (True, 2, 3, 2)


def test_another_writer_makes_it_load_again() -> None:
    store = started()
    first = written(store, [row(1)])
    other = Writer(STATE, FILL, LOG)
    run(other.load(T), store)
    assert run(other.write(facts_of([row(1), row(2)], [0, 1]), 0, 2, T), store).outcome is Outcome.DONE
    assert run(first.write(facts_of([row(2), row(3)], [1, 2]), 1, 3, T), store).outcome is Outcome.RELOAD
    assert value_of(store, b"ant", T + 1) == (True, 2, 3, 2)


def test_a_lost_answer_makes_it_load_again_and_nothing_is_twice() -> None:
    store = Failing()
    run(filling.start(FILL), store)
    writer = Writer(STATE, FILL, LOG)
    run(writer.load(T), store)
    store.fails = Append
    assert run(writer.write(facts_of([row(1)], [0]), 0, 1, T), store).outcome is Outcome.RELOAD
    store.fails = None
    run(writer.load(T), store)
    assert run(writer.write(facts_of([row(1)], [0]), 0, 1, T), store).outcome is Outcome.DONE
    store.fails = ReadMeta
    assert run(writer.reread(T + 2 * SECOND), store).outcome is Outcome.RELOAD
    with pytest.raises(StoreUnavailable, match="the answer is lost"):
        run(writer.load(T), store)


def test_quiet_shards_follow_every_few_seconds() -> None:
    store = started()
    writer = written(store, [row(1)])
    run(writer.idle(T + SECOND, T + 7), store)
    assert [stops(store)[number] for number in (0, 1)].count(1) == 1
    run(writer.idle(T + 2 * SECOND, T + 7), store)
    assert stops(store) == [1, 1]
    metas = [store.do(ReadMeta(shard)) for shard in FILL.all_shards]
    assert [meta.logs[LOG] for meta in metas] == [Applied(1, T + 7)] * 2


def stops(store: MemoryStore) -> list[int]:
    """Return how far the log has been applied to each shard."""
    metas = [store.do(ReadMeta(shard)) for shard in FILL.all_shards]
    return [meta.logs.get(LOG, Applied(NOWHERE, 0)).offset for meta in metas]


def test_a_store_that_lost_data_is_noticed() -> None:
    writer = written(started(), [row(1)])
    lost = started()
    assert run(writer.reread(T), lost).outcome is Outcome.DONE
    assert run(writer.reread(T + SECOND), lost).outcome is Outcome.RELOAD
    assert run(writer.load(T), lost) == NOWHERE
    assert run(writer.reread(T + 3 * SECOND), MemoryStore()).outcome is Outcome.GONE


def test_documents_that_grow_are_told_again_at_twice_the_size(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(blind, "COMPACT_AT", 300)
    store = started()
    writer = Writer(STATE, FILL, LOG)
    run(writer.load(T), store)
    grown = []
    for at in range(24):
        found = run(writer.write(facts_of([row(at, at=at)], [at]), at, at + 1, T), store)
        grown += [at] if found.grown == (b"ant",) else []
    sizes = [grown[0], *(later - earlier for earlier, later in pairwise(grown))]
    assert len(grown) >= 2
    assert sizes == sorted(sizes)


def test_the_cut_is_that_of_the_store() -> None:
    fill = replace(FILL, cut=T + 1)
    store = started(fill)
    written(store, [row(1), row(2, at=1), row(4, at=2)], fill=fill)
    assert value_of(store, b"ant", T + 3, fill=fill)[1:3] == (1, 4)


def test_an_event_that_moves_leaves_its_place() -> None:
    store = started()
    rows = [row(1, id=b"i"), row(2, entity=b"bee", at=1, id=b"i"), row(3, entity=b"cat", at=2, id=b"i")]
    written(store, rows, state=MOVES)
    values = {name: value_of(store, name, T + 9, state=MOVES)[1] for name in (b"ant", b"bee", b"cat")}
    assert values == {b"ant": 0, b"bee": 0, b"cat": 1}
    assert value_of(store, b"bee", T + 2, state=MOVES)[1] == 1
