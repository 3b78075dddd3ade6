"""Compaction: what it may believe of the stream's time, and what it gives up on."""

from __future__ import annotations

from dataclasses import replace

from tests.online.protocol.parts import (
    CUT,
    FILL,
    LOG,
    MOVES,
    SECOND,
    STATE,
    T,
    row,
    started,
    value_of,
    written,
)
from tests.online.simulation.codecs import Real
from zipline.online.calls import Applied, Compact, Marker, Meta, ReadMeta
from zipline.online.protocol import bulk
from zipline.online.protocol.compacting import Due, compact, tidy
from zipline.online.protocol.forgetting import Forgetter, settled_before
from zipline.online.steps import run

OTHER = "s:topic:1"


def marker(*, ready: bool = True, **logs: int) -> Marker:
    """Return a marker of logs with watermarks."""
    return Marker(ready, None, 5, {f"s:topic:{name[1:]}": Applied(1, at) for name, at in logs.items()})


def test_the_floor_follows_the_slowest_log_and_no_clock_that_is_ahead() -> None:
    due = Due(STATE, replace(FILL, history=10), now=1000)
    assert due.floor(marker()) == 5
    assert due.floor(marker(l0=500, l1=400)) == 390
    assert due.floor(marker(l0=5000)) == 990
    assert due.floor(marker(l0=7)) == 5


def test_documents_of_ids_wait_for_all_logs() -> None:
    due = Due(MOVES, replace(FILL, history=10), now=1000, logs=(LOG, OTHER))
    assert due.floor(marker(l0=500)) == 5
    assert due.floor(marker(l0=500, l1=400)) == 390
    assert due.floor(marker(ready=False, l0=500, l1=400)) == 5
    assert replace(due, logs=()).floor(marker(l0=500, l1=400)) == 5


def test_old_documents_go_and_young_ones_stay() -> None:
    store = started()
    fill = replace(FILL, history=0)
    writer = written(store, [row(1), row(2, entity=b"bee", at=9 * SECOND)], fill=fill)
    run(writer.idle(T + 10 * SECOND, T + 10 * SECOND), store)
    changed = sum(run(tidy(STATE, fill, shard, T + 10 * SECOND), store) for shard in fill.all_shards)
    assert changed == 1
    assert value_of(store, b"ant", T + 10 * SECOND) == (False, 0, None, None)
    assert value_of(store, b"bee", T + 10 * SECOND) == (True, 1, 2, 2)
    metas = [store.do(ReadMeta(shard)) for shard in fill.all_shards]
    assert max(meta.floor for meta in metas) == T + 10 * SECOND
    assert not run(compact(STATE, fill, b"nobody", T), store)


def test_documents_of_ids_wait_for_their_history() -> None:
    """What history brings as tiles would not meet a version that had been folded."""
    fill = replace(CUT, history=0)
    store = started(fill, ready=False)
    writer = written(store, [row(1, id=b"i", at=SECOND)], fill=fill, state=MOVES)
    later = T + 60 * SECOND
    run(writer.idle(later, later), store)
    assert not run(compact(MOVES, fill, b"ant", later, logs=[LOG]), store)
    run(bulk.set_ready(fill, {}), store)
    assert run(compact(MOVES, fill, b"ant", later, logs=[LOG]), store)


def test_a_document_that_changed_meanwhile_stays() -> None:
    store = started()
    fill = replace(FILL, history=0)
    writer = written(store, [row(1)], fill=fill)
    run(writer.idle(T + 9 * SECOND, T + 9 * SECOND), store)
    with Real().used():
        steps = compact(STATE, fill, b"ant", T + 9 * SECOND)
        call = next(steps)
        while not isinstance(call, Compact):
            call = steps.send(store.do(call))
    run(compact(STATE, fill, b"ant", T + 9 * SECOND), store)
    assert store.do(call) is False


def test_ids_are_forgotten_when_no_version_can_come() -> None:
    store = started()
    fill = replace(FILL, history=10)
    writer = written(store, [row(1, id=b"i"), row(2, id=b"j", at=9 * SECOND)], state=MOVES, fill=fill)
    later = T + 13 * SECOND
    run(writer.idle(later, later), store)

    def forgotten(forgetter: Forgetter, now: int, clock: int) -> int:
        return sum(run(forgetter.walk(shard, now, clock), store) for shard in fill.all_shards)

    forgetter = Forgetter(MOVES, fill, [LOG])
    assert [forgotten(forgetter, T + 9 * SECOND, clock) for clock in (0, 9, 10)] == [0, 0, 0]
    assert [forgotten(forgetter, later, clock) for clock in (11, 20, 21, 22)] == [0, 0, 1, 0]
    other = Forgetter(MOVES, fill, [LOG, OTHER])
    assert [forgotten(other, later, clock) for clock in (0, 99)] == [0, 0]
    assert run(Forgetter(MOVES, replace(fill, number=9), [LOG]).walk(fill.shard(0), later, 0), store) == 0


def test_nothing_is_forgotten_before_all_is_there() -> None:
    meta = Meta(True, None, 0, {LOG: Applied(1, T)}, index={LOG: 1})
    bound = 12 * SECOND
    assert settled_before(MOVES, [meta], [LOG], T + 5) == T - bound
    assert settled_before(MOVES, [meta], [LOG], T - 5) == T - 5 - bound
    assert settled_before(MOVES, [replace(meta, ready=False)], [LOG], T) is None
    assert settled_before(MOVES, [replace(meta, index={})], [LOG], T) is None
    assert settled_before(MOVES, [meta, replace(meta, logs={})], [LOG], T) is None
    assert settled_before(MOVES, [meta], [], T) is None
