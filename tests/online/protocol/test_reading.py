"""Reading: one round trip, a second one for segments, and why there may be no values."""

from __future__ import annotations

from typing import Any

import pytest

from tests.online.protocol.parts import CUT, FILL, SECOND, STATE, T, needs, row, started, written
from tests.online.simulation.codecs import Real
from zipline.errors import OnlineError
from zipline.online.calls import Append, Call, CreateShard, ReadAll, Shard
from zipline.online.protocol.reading import Missing, NotReady, Request, TooEarly, Values, read
from zipline.online.steps import run
from zipline.online.stores.memory import MemoryStore

FOLD = Real().fold(STATE)


class Counting(MemoryStore):
    """A store that counts its round trips."""

    trips = 0

    def do(self, call: Call) -> Any:
        self.trips += 1
        return super().do(call)


def test_several_fills_take_one_round_trip() -> None:
    store = Counting()
    store.__dict__ |= started().__dict__
    written(store, [row(1), row(2, entity=b"bee")])
    store.trips = 0
    requests = [
        Request(FILL, [b"ant", b"bee", b"ant"], FOLD),
        Request(FILL, [b"none"], FOLD),
        Request(FILL, [], FOLD),
    ]
    first, second, third = run(read(requests, T + 1), store)
    assert store.trips == 1
    assert isinstance(first, Values)
    assert isinstance(second, Values)
    assert isinstance(third, Values)
    assert [value[1] for value in first.folded] == [1, 1, 1]
    assert second.folded[0] == (False, 0, None, None)
    assert len(first.markers) == 3
    assert (list(third.folded), third.markers) == ([], ())


def test_why_there_are_no_values() -> None:
    (answer,) = run(read([Request(FILL, [b"ant"], FOLD)], T), MemoryStore())
    assert answer == Missing()
    (answer,) = run(read([Request(FILL, [b"ant"], FOLD)], T), started(ready=False))
    assert answer == NotReady()
    (answer,) = run(read([Request(CUT, [b"ant"], FOLD)], T - 61 * SECOND), started(CUT))
    assert answer == TooEarly(T - 60 * SECOND)


def test_segments_are_read_with_their_documents() -> None:
    store = started()
    shard = FILL.shard(0)
    entity = next(b"%d" % each for each in range(99) if Shard(FILL.name, 0) == shard_of(b"%d" % each))
    store.do(Append(shard, "bulk:s", -1, 1, -1, (), ((entity, b"name", b"bytes"),), bulk=True))
    (answer,) = run(read([Request(FILL, [entity], needs(b"name"))], T), store)
    assert isinstance(answer, Values)
    assert answer.folded == "{(0, b'name'): b'bytes'}"


def shard_of(entity: bytes) -> Shard:
    """Return an entity's shard."""
    from zipline.online.state.keys import shard_number

    return FILL.shard(shard_number(entity, FILL.shards))


def test_a_document_that_never_holds_still_is_an_error() -> None:
    message = r"v@1.1: documents changed in each of 8 round trips while their segments were read"
    with pytest.raises(OnlineError, match=message):
        run(read([Request(FILL, [b"ant"], needs(b"gone"))], T), started())


def test_it_asks_each_shard_once() -> None:
    (call,) = [next(read([Request(FILL, [b"%d" % each for each in range(50)], FOLD)], T))]
    assert isinstance(call, ReadAll)
    assert sorted(each.shard for each in call.reads) == sorted(FILL.all_shards)
    assert CreateShard not in map(type, call.reads)
