"""A view, a fill and rows to try the protocol's steps with, on a store in memory."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from tests.online.simulation.codecs import Real
from tests.online.simulation.rows import Row, Values, facts_of
from tests.online.simulation.views import state_of
from zipline.online.fills import Fill
from zipline.online.protocol import bulk, filling, reading
from zipline.online.protocol.writing import Writer
from zipline.online.state.fold import Needed
from zipline.online.state.view_state import ViewState
from zipline.online.steps import run
from zipline.online.stores.base import Store
from zipline.online.stores.memory import MemoryStore

SECOND = 1_000_000
T = 1_000 * SECOND
LOG = "s:topic:0"
STATE = state_of("plain", (0,))
MOVES = state_of("moves", (4,))
FILL = Fill("v", 1, 1, 2, None, 60 * SECOND, "")
CUT = replace(FILL, cut=T)


def started(fill: Fill = FILL, *, ready: bool = True) -> MemoryStore:
    """Return a store with a fill."""
    store = MemoryStore()
    run(filling.start(fill), store)
    if ready:
        run(bulk.set_ready(fill, {}), store)
    return store


def row(value: int, *, entity: bytes = b"ant", at: int = 0, id: bytes | None = None) -> Row:
    """Return an event that was known when it happened."""
    return Row(entity, T + at, T + at, value, T + at, id, b"%d" % value)


def written(store: Store, rows: Sequence[Row], *, fill: Fill = FILL, state: ViewState = STATE) -> Writer:
    """Write rows from the log's beginning and return the writer."""
    writer = Writer(state, fill, LOG)
    assert run(writer.load(T), store) == -1
    steps = writer.write(facts_of(rows, range(len(rows))), 0, len(rows), T)
    assert run(steps, store).outcome.name == "DONE"
    return writer


def value_of(store: Store, entity: bytes, t: int, *, fill: Fill = FILL, state: ViewState = STATE) -> Values:
    """Return an entity's values."""
    (answer,) = run(reading.read([reading.Request(fill, [entity], Real().fold(state))], t), store)
    assert isinstance(answer, reading.Values)
    values: Values = answer.folded[0]
    return values


def needs(name: bytes) -> reading.Fold[str]:
    """Return a fold that needs a segment, and then says what it was."""

    def fold(
        documents: Sequence[bytes | None],
        t: int,
        segments: Mapping[tuple[int, bytes], bytes] | None = None,
        needed: Needed | None = None,
    ) -> str | Needed:
        return repr(segments) if segments else Needed(((0, name),))

    return fold
