"""Two workers of one log, and an index that goes back between them: versions are told wherever the offset is."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from typing import Any

import pytest

from tests.online.protocol.parts import FILL, LOG, MOVES, SECOND, T, row, started, value_of, written
from tests.online.simulation.codecs import Real
from tests.online.simulation.rows import facts_of
from zipline.online.calls import Append, Appended, AppendFacts, Call, Shard
from zipline.online.protocol.indexing import Indexed
from zipline.online.protocol.outcome import Outcome
from zipline.online.protocol.writing import Writer
from zipline.online.state.keys import shard_number
from zipline.online.steps import Steps, run
from zipline.online.stores.memory import MemoryStore

OTHER = "s:topic:1"
ANT = b"ant"
HOME = FILL.shard(shard_number(ANT, FILL.shards))
LOST = FILL.shard(1 - HOME.number)
"""The shard of the index that goes back."""


def named(shard: Shard, prefix: bytes) -> bytes:
    """Return a name that lies in a shard."""
    names = (prefix + b"%d" % number for number in range(99))
    return next(name for name in names if shard_number(name, FILL.shards) == shard.number)


def schedule(store: MemoryStore) -> None:
    """Write an event, lose its id, move the event to another entity, and be overtaken while it is told again."""
    moved, stays = named(LOST, b"i"), named(HOME, b"j")
    first = row(1, id=moved)
    before = copy.deepcopy(store._place._parts[LOST])
    late = written(store, [first], state=MOVES)
    ahead = Writer(MOVES, FILL, LOG)
    run(ahead.load(T), store)
    store._place._parts[LOST] = before
    mover = Writer(MOVES, FILL, OTHER)
    run(mover.load(T), store)
    elsewhere = row(1, id=moved, entity=named(LOST, b"bee"), at=SECOND)
    done(mover.write(facts_of([elsewhere], [0]), 0, 1, T), store)
    run(late.load(T), store)
    steps = late.write(facts_of([first], [0]), 0, 1, T)
    call: Call = next(steps)
    while not (isinstance(call, Append | AppendFacts) and call.shard == HOME):
        call = steps.send(store.do(call))
    done(ahead.write(facts_of([row(2, id=stays, entity=named(HOME, b"cat"))], [1]), 1, 2, T), store)
    assert rest(steps, call, store).outcome is Outcome.DONE


def rest(steps: Steps[Any], call: Call, store: MemoryStore) -> Any:
    """Go on from a call to the end."""
    try:
        while True:
            call = steps.send(store.do(call))
    except StopIteration as end:
        return end.value


def done(steps: Steps[Any], store: MemoryStore) -> None:
    assert run(steps, store).outcome is Outcome.DONE


def _taken_as_told(
    self: Indexed, number: int, stop: int, watermark: int, deltas: Sequence[tuple[bytes, bytes]]
) -> Steps[Outcome]:
    """Append where the offset is exactly as believed, and believe that whoever moved it had told all."""
    start = self.expected[number]
    answer = yield Append(
        self.fill.shard(number), self.log, start, max(start, stop), watermark, tuple(deltas)
    )
    assert isinstance(answer, Appended)
    assert answer.done or answer.stored >= stop
    self.expected[number] = answer.stored
    return Outcome.DONE


@pytest.mark.parametrize("exact", [False, True])
def test_versions_are_told_wherever_the_offset_is_far_enough(
    exact: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    if exact:
        monkeypatch.setattr(Indexed, "append", _taken_as_told)
    with Real().used():
        store = started()
        schedule(store)
        count = value_of(store, ANT, T + 2 * SECOND, state=MOVES)[1]
        assert value_of(store, ANT, T + SECOND, state=MOVES)[1] == 1
    assert count == (1 if exact else 0)  # at a later moment it is the other entity's
