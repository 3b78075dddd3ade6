"""What had been applied is read again: history up to the cut, and the log after it, as far as it is still there."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from typing import Any, cast

import numpy as np
import pytest

from tests.online.client.world import START
from tests.online.verify.conftest import Logged
from zipline.engines.duckdb.database import Database
from zipline.errors import StreamError
from zipline.online.applied_events import AppliedEvents
from zipline.online.replay import Applied
from zipline.online.state.view_state import ViewState, view_state
from zipline.online.streams.base import Batch, Partition
from zipline.online.streams.decode.json import JsonDecoder
from zipline.online.streams.opening import Channel, Place
from zipline.online.verify import NotReplayed
from zipline.settings import DuckDBSettings
from zipline.time import to_micros
from zipline.variables import Variables

PARTITION = Partition("flights", 0)
LOG = "flights:flights:0"


class Topic:
    """A topic of one partition, whose first records may be gone, and what opens it."""

    def __init__(self, rows: Sequence[Mapping[str, Any]], arrivals: Sequence[int], first: int = 0) -> None:
        self.values = [json.dumps(row, default=str).encode() for row in rows]
        self.arrivals, self.first, self.position = arrivals, first, -1
        self.closed = self.stuck = False

    def place(self, source: Any) -> Place:
        return Place(Channel(), "flights", "json")

    def reader(self, channel: Channel, group: str | None) -> Topic:
        assert group is None
        return self

    def decoder(self, place: Place, shape: Any) -> JsonDecoder:
        return JsonDecoder(shape)

    def partitions(self, topic: str) -> tuple[Partition, ...]:
        return (PARTITION,)

    def bounds(self, partitions: Sequence[Partition]) -> Mapping[Partition, tuple[int, int]]:
        return {PARTITION: (self.first, len(self.values))}

    def assign(self, partitions: Sequence[Partition]) -> None:
        assert list(partitions) == [PARTITION]

    def seek(self, partition: Partition, offset: int) -> None:
        self.position = offset

    def poll(self, timeout: float, rows: int) -> list[Batch]:
        start, stop = self.position, min(self.position + 70, len(self.values))
        if self.stuck:
            return []
        self.position = stop
        positions = np.arange(start, stop)
        arrivals = np.array(self.arrivals[start:stop], np.int64)
        return [
            Batch(PARTITION, start, stop, self.values[start:stop], arrivals, positions, int(arrivals[-1]))
        ]

    def close(self) -> None:
        self.closed = True


@pytest.fixture(scope="module")
def state(served: Logged) -> ViewState:
    """Return a view over flights."""
    return view_state(served.world.store.versions("carriers")[-1])


@pytest.fixture
def topic(served: Logged) -> Topic:
    """Return all flights in a topic, each arrived when it landed."""
    rows = served.world.rows.to_pylist()
    return Topic(rows, [to_micros(row["landed"]) for row in rows])


@pytest.fixture
def database(served: Logged) -> Iterator[Database]:
    """Return where the flights' table is read."""
    with Database(DuckDBSettings(), served.world.folder, Variables()) as made:
        yield made


def known(parts: Sequence[Applied]) -> list[int]:
    return sorted(int(each) for part in parts for each in part.facts.known)


def test_history_and_log_meet_at_the_cut(state: ViewState, topic: Topic, database: Database) -> None:
    """An entity's events are all there once, wherever the cut is."""
    events, entities = AppliedEvents(database, cast("Any", topic)), frozenset([b"UA", b"AA"])
    everything = known(events(state, None, entities, 0))
    assert topic.closed
    assert len(everything) > 50
    for hours in (-1, 20, 100):
        cut = to_micros(START + timedelta(hours=hours))
        parts = events(state, cut, entities, 0)
        assert known(parts) == everything
        assert all(each <= cut for each in known([part for part in parts if part.log is None]))
        assert {part.end for part in parts if part.log == LOG} == {300}


def test_a_log_without_its_first_events_is_of_use_only_beside_a_history(
    state: ViewState, topic: Topic, database: Database
) -> None:
    events, entities = AppliedEvents(database, cast("Any", topic)), frozenset([b"UA"])
    everything = known(events(state, None, entities, 0))
    topic.first = 40
    with pytest.raises(
        NotReplayed, match=rf"{LOG} begins at offset 40: .* no longer retained\nHint: verify while"
    ):
        events(state, None, entities, 0)
    with pytest.raises(NotReplayed, match="begins at offset 40"):
        events(state, topic.arrivals[40] - 1, entities, 0)
    assert known(events(state, topic.arrivals[40], entities, 0)) == everything


def test_a_log_that_does_not_answer_is_said_so(
    state: ViewState, topic: Topic, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    events = AppliedEvents(database, cast("Any", topic))
    topic.stuck = True
    monkeypatch.setattr("zipline.online.applied_events.PATIENCE", 0.0)
    with pytest.raises(NotReplayed, match=rf"nothing came of {LOG} for 0 s"):
        events(state, None, frozenset(), 0)

    def down(*_: Any) -> Any:
        raise StreamError("the broker is down", hint="start it")

    monkeypatch.setattr(topic, "reader", down)
    with pytest.raises(NotReplayed, match=r"the broker is down\nHint: start it"):
        events(state, None, frozenset(), 0)
