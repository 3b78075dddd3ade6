"""What a document holds, decoded: events one by one, and tiles of events that have been folded already."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from zipline.engines.kernels.arrays import Booleans, Integers
from zipline.online.state.layout import EVENTS, FLOOR, blocks, damaged, words_of
from zipline.online.state.records import Records, joined, records_of
from zipline.online.state.resolution import resolved
from zipline.online.state.view_state import ViewState


class Tile(Protocol):
    """Events that have been folded into partials.

    Attributes:
        first, last: the least and the greatest event time of its events, microseconds.
        known: a read after it knows all of its events, and what became of them.
        segment: the name of the segment that holds its events one by one; None where none is kept.
    """

    @property
    def first(self) -> int: ...
    @property
    def last(self) -> int: ...
    @property
    def known(self) -> int: ...
    @property
    def segment(self) -> bytes | None: ...

    def partial(self, number: int) -> Any:
        """Return the partial of `ViewState.aggregations[number]`; with `by`, a mapping from group to partial."""


class Events:
    """The events of one entity, in any order, each column read when it is first asked for.

    Attributes:
        records: those that some read may see.
        times: event times.
        known, until: each is seen by a read at t while `known < t <= until`.
    """

    def __init__(self, records: Records) -> None:
        self.records = records.take(records.kept & ~records.stubs)
        self.times: Integers = self.records.times
        self.known: Integers = self.records.known
        self.until: Integers = self.records.until
        self._columns: dict[str, Sequence[Any]] = {}

    def column(self, name: str) -> Sequence[Any]:
        """Return a column's values as `values.py` has them; None is null."""
        if name not in self._columns:
            self._columns[name] = self.records.values(self.records.slot(name))
        return self._columns[name]

    def mask(self, text: str) -> Booleans:
        """Return for which events a feature's `where` is true."""
        return self.records.mask(text)


@dataclass(frozen=True)
class Decoded:
    """One document, with the segments that were given for some of its tiles put in their place."""

    events: Events
    tiles: Sequence[Tile]


def decoded(state: ViewState, document: bytes, segments: Mapping[bytes, bytes], what: str) -> Decoded:
    """Return what a document holds.

    Args:
        state: of the view.
        document: its bytes.
        segments: name -> bytes, of tiles that are not to be taken as they are.
        what: how messages call it.

    Raises:
        OnlineError: it cannot be decoded.
    """
    parts = []
    for block in blocks(words_of(state.layout, document, what)):
        if block.kind == EVENTS:
            parts.append(records_of(state.layout, block, what))
        elif block.kind != FLOOR:
            raise damaged(what, f"it has a block of kind {block.kind}")
    return Decoded(Events(resolved(state, joined(state.layout, parts))), ())
