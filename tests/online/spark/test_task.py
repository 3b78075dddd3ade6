"""What a task does with the records of its span, whatever the state already holds."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import zipline as zl
from tests.online.streams.definitions import flights
from tests.online.streams.streaming import SHARDS, now, publish
from tests.online.test_worker import LATER, check, metas, online, record, rows_of
from zipline.dsl.feature_view import FeatureView
from zipline.errors import OnlineError, StoreUnavailable
from zipline.online.calls import NOWHERE, Append, Call, DropShard
from zipline.online.fills import Fill
from zipline.online.spark.job import Answer, Goal, Job, Span
from zipline.online.spark.task import answer_to, close_workplaces, nothing
from zipline.online.stores.memory import MemoryStore
from zipline.online.streams.base import Batch, Partition
from zipline.online.streams.fill_book import FillBook
from zipline.online.streams.opening import Channel, Place
from zipline.settings import Settings

PARTITION = Partition("flights", 0)
ROWS = rows_of(120)


class World:
    """A store with a view, and what tasks are told."""

    def __init__(self, folder: Path, view: FeatureView) -> None:
        self.store, self.view = MemoryStore(), view
        publish(self.store, view)
        (streamed,) = FillBook(self.store, frozenset(), SHARDS, 600_000_000, now).read()
        (self.fill,) = streamed.fills
        place = Place(Channel(), "flights", "json")
        self.job = Job(
            str(folder), lambda: self.store, Settings(), folder, time.time_ns,
            (("carrier_delays@1", 0, place),), {"carrier_delays@1": frozenset({"flights:flights:0"})},
        )  # fmt: skip

    def apply(self, start: int, stop: int, position: int = NOWHERE, size: int = 50) -> Answer:
        """Apply rows as a task does, in batches."""
        span = Span(PARTITION, start, stop, (self.goal(position),))
        return answer_to(self.job, span, self._batches(start, stop, size))

    def goal(self, position: int) -> Goal:
        return Goal("carrier_delays@1", 0, self.fill, position)

    def offsets(self) -> set[int]:
        """Return where the shards stand."""
        return {offset(self.store, self.fill, at) for at in range(SHARDS)}

    def _batches(self, start: int, stop: int, size: int) -> Iterator[Batch]:
        for first in range(start, stop, size):
            last = min(first + size, stop)
            values, positions = list(map(record, ROWS[first:last])), np.arange(first, last)
            yield Batch(PARTITION, first, last, values, positions, positions, last)


def offset(store: MemoryStore, fill: Fill, number: int) -> int:
    meta = metas(store, fill)[number]
    found = meta.logs.get("flights:flights:0") if meta else None
    return NOWHERE if found is None else found.offset


@pytest.fixture(params=[{}, {"id": "number", "corrections": "1d"}])
def world(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[World]:
    source = flights(stream=zl.Kafka("flights"), **request.param)
    yield World(tmp_path, online(source))
    close_workplaces()


def test_every_shard_stands_at_the_end(world: World) -> None:
    answer = world.apply(0, 60)
    assert (answer.outcome, answer.why, answer.watermark) == ("done", "", 60)
    assert answer.figures["records"] == {"flights": 60}
    assert world.offsets() == {60}
    assert world.apply(60, 120, 60).outcome == "done"
    assert world.offsets() == {120}
    check(world.store, world.view, ROWS, LATER, LATER - timedelta(hours=20))


def test_what_comes_twice_is_skipped(world: World) -> None:
    """Spark begins anew farther back, another worker had been there: each event counts once."""
    for start, stop in ((0, 60), (0, 90), (30, 60), (10, 120)):
        assert world.apply(start, stop, size=7).outcome == "done"
    assert world.offsets() == {120}
    check(world.store, world.view, ROWS, LATER)


def test_a_gap_is_never_written_over(world: World) -> None:
    """The store lost what it had, or a shard of it: the query must begin where the store stands."""
    assert world.apply(0, 60).outcome == "done"
    before = world.offsets()
    answer = world.apply(80, 120, 80)
    assert answer.outcome == "astray"
    assert answer.why == "carrier_delays@1.1 stands at 60 of flights:flights:0, and had come to 80"
    assert world.offsets() == before
    while not world.store.do(DropShard(world.fill.shard(1))):
        pass
    assert world.apply(60, 120, 60).why == "carrier_delays@1.1 is gone"


def test_a_store_that_does_not_answer(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Wherever it fails, and whether or not the call was applied: done again, each event counts once."""
    do, left = world.store.do, 0

    def failing(call: Call) -> Any:
        nonlocal left
        left -= 1
        if left == 0:
            if calls % 2:
                do(call)
            raise StoreUnavailable("it was slow")
        return do(call)

    monkeypatch.setattr(world.store, "do", failing)
    for calls in range(1, 30):
        left = calls
        answer = world.apply(0, 120, size=30)
        assert answer.outcome in ("again", "done")
        assert answer.failure is None
        if answer.outcome == "done":
            break
    left = 0
    assert world.apply(0, 120).outcome == "done"
    check(world.store, world.view, ROWS, LATER)


def test_another_writer_between(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """A task that is thought dead goes on beside its successor: one of them learns it, and is done again."""
    do, once = world.store.do, [True]

    def overtaken(call: Call) -> Any:
        if isinstance(call, Append) and once:
            once.clear()
            answer_to(world.job, Span(PARTITION, 0, 60, (world.goal(NOWHERE),)), world._batches(0, 60, 60))
        return do(call)

    monkeypatch.setattr(world.store, "do", overtaken)
    outcomes = [world.apply(0, 90).outcome, world.apply(0, 120).outcome]
    assert outcomes[-1] == "done"
    check(world.store, world.view, ROWS, LATER)


def test_a_span_without_records(world: World) -> None:
    """A transaction's marks take offsets, too."""
    assert world.apply(0, 60).outcome == "done"
    span = Span(PARTITION, 60, 64, (world.goal(60),))
    assert answer_to(world.job, span, iter([nothing(span, 60)])).outcome == "done"
    assert world.offsets() == {64}


def test_records_that_are_no_rows(world: World, tmp_path: Path) -> None:
    batch = Batch(PARTITION, 0, 1, [b"{"], np.array([0]), np.array([0]), 0)
    answer = answer_to(world.job, Span(PARTITION, 0, 1, (world.goal(NOWHERE),)), iter([batch]))
    assert (answer.outcome, answer.figures["poison"]) == ("done", {"flights": 1})
    assert (tmp_path / ".zipline" / "dead_letters" / "flights.jsonl").read_text().count("\n") == 1


def test_what_must_end_the_query(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    def wrong(call: Call) -> Any:
        raise OnlineError("not what zipline wrote", where="view/x")

    monkeypatch.setattr(world.store, "do", wrong)
    answer = world.apply(0, 10)
    assert answer.failure == (OnlineError, "not what zipline wrote", "view/x", None)
