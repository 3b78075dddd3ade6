"""From a batch of records to what every view makes of it: decoded once for all, judged by each view for itself."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from zipline.online.state.facts import Facts
from zipline.online.state.view_state import ViewState
from zipline.online.streams.base import Batch
from zipline.online.streams.decode.base import (
    Decoded,
    Decoder,
    Shape,
    merged,
    renumbered,
    shape_of,
    together,
)  # fmt: skip
from zipline.online.streams.facts import FactMaker
from zipline.online.streams.record_values import RecordValues, values_of

OpenDecoder = Callable[[Shape], Decoder]
NO_VALUE = "(no value)"
"""What a record without a value is counted under: a compacted topic says so that a key is gone, and names no row."""


@dataclass(frozen=True)
class Poison:
    """A record that is no row of a source.

    Attributes:
        offset: of the record.
        reason: why, of each part of it that is none.
    """

    offset: int
    reason: str


@dataclass(frozen=True)
class Said:
    """What a batch says to one view.

    Attributes:
        facts: of its rows, in the order of the log.
        poison: records that are none, in order.
        nobody: column -> rows that belong to nobody, as it is null.
    """

    facts: Facts
    poison: tuple[Poison, ...]
    nobody: Mapping[str, int]


class Reading:
    """One view's reading of one source."""

    def __init__(self, state: ViewState, source_number: int) -> None:
        self.state, self.source_number = state, source_number
        self.shape = shape_of(state, source_number)

    @cached_property
    def maker(self) -> FactMaker:
        """Makes the facts; who only looks after a reading's fills needs none."""
        return FactMaker(self.state, self.source_number)

    @property
    def source(self) -> str:
        """The source's name."""
        return self.state.sources[self.source_number].name

    def said(self, decoded: Decoded, batch: Batch) -> Said:
        """Return what decoded records say."""
        at = decoded.records
        rows = decoded.rows.select(list(self.shape.types))
        made = self.maker.facts(rows, batch.arrivals[at], batch.positions[at])
        bad = dict([*((int(at[row]), reason) for row, reason in reversed(made.left)), *decoded.bad])
        whole = made.facts
        if (
            made.left
        ):  # a record of several rows is poison as a whole: what is left out of it is told, not lost
            spoilt = np.isin(_positions(whole), batch.positions[at[[row for row, _ in made.left]]])
            whole = whole.take(~spoilt)
        poison = tuple(Poison(int(batch.positions[record]), reason) for record, reason in sorted(bad.items()))
        return Said(whole, poison, made.nobody)


class Readings:
    """The readings of records of one format, put together.

    What one view takes for poison is none for another that does not read that column: a record that does not decode
    for all of them is decoded again for each. So a view's facts depend on the log and on that view alone.

    Args:
        readings: of one topic.
        open_decoder: opens a decoder of the format.
    """

    def __init__(self, readings: Sequence[Reading], open_decoder: OpenDecoder) -> None:
        self.readings = tuple(readings)
        self._open = open_decoder
        self._own: dict[int, Decoder] = {}

    @cached_property
    def _together(self) -> Decoder | None:
        shape = together([reading.shape for reading in self.readings])
        return self._open(shape) if shape is not None else None

    def said(self, batch: Batch) -> list[Said]:
        """Return what a batch says to each reading.

        Raises:
            StreamError: something other than a record stands in the way; the same batch may be tried again.
        """
        values = values_of(batch.values)
        there = values.present
        missing = len(values) - len(there)
        if missing:
            values = values.take(there)
        found = self._together.decode(values) if self._together is not None else None
        result = []
        for number, reading in enumerate(self.readings):
            decoded = self._decoded(number, values, found)
            said = reading.said(renumbered(decoded, there), batch)
            nobody = {**said.nobody, NO_VALUE: missing} if missing else said.nobody
            result.append(Said(said.facts, said.poison, nobody))
        return result

    def _decoded(self, number: int, values: RecordValues, found: Decoded | None) -> Decoded:
        if found is not None and (not found.bad or len(self.readings) == 1):
            return found
        if number not in self._own:
            self._own[number] = self._open(self.readings[number].shape)
        if found is None:
            return self._own[number].decode(values)
        again = np.array([record for record, _ in found.bad], np.int64)
        own = renumbered(self._own[number].decode(values.take(again)), again)
        return merged(found, own, list(self.readings[number].shape.types))


def _positions(facts: Facts) -> NDArray[np.int64]:
    assert facts.positions is not None
    return facts.positions
