"""What every format does: records into columns, and a reason for each record that is none of the source's rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Protocol

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from zipline.dsl.source import EventSource
from zipline.online.state.view_state import ViewState
from zipline.online.stores.meaning import MOST_IN_STEP
from zipline.types import DataType

MOST_ROWS: Final = MOST_IN_STEP
"""Rows of a record: an offset is applied to a shard whole, and each of its rows may be of another entity."""


@dataclass(frozen=True)
class Shape:
    """The columns that a source's records must have.

    Attributes:
        types: column -> type; other columns are passed over.
        required: the columns that must be there, though they may be null: where one is not, it is no row of the
            source. Any other column that is not there is null.
        zones: column -> the zone of local times in it.
    """

    types: Mapping[str, DataType]
    required: frozenset[str]
    zones: Mapping[str, str]


@dataclass(frozen=True)
class Decoded:
    """What became of records.

    Attributes:
        rows: the columns of the shape, in its types (a local time may be without a zone).
        records: int64[n], the number of the record that each row is of, ascending.
        bad: (record, reason) of those that are no rows.
    """

    rows: pa.Table
    records: NDArray[np.int64]
    bad: list[tuple[int, str]]


class Misfit(ValueError):
    """Why a record is no row of a source."""


class Decoder(Protocol):
    """Decodes records: what it gives depends on them alone, so that a replay gives the same.

    Raises:
        StreamError: something other than a record stands in the way, such as a schema registry that is down.
    """

    def decode(self, values: Sequence[bytes]) -> Decoded:
        """Return the rows of records; each has a value."""


def shape_of(state: ViewState, source_number: int) -> Shape:
    """Return what a view needs of a source's records.

    Times and keys must be there. Of versions of an id only the id and the knowledge time must: a deletion often has no
    more. Where ids are, all columns are read that its table had: versions that tie are ordered by them.
    """
    source = state.sources[source_number]
    needed = [*source.id, *([source.knowledge_time.column] if source.knowledge_time else [])]
    if not source.id:
        needed += [source.event_time.column, *(column for column, _ in state.sweep.keys)]
    types = {**state.ties.get(source.name, {}), **state.types.sources[source_number].table}
    return Shape(types, frozenset(needed), _zones(source))


def together(shapes: Sequence[Shape]) -> Shape | None:
    """Return the shape of records that have several; None where they contradict one another."""
    types: dict[str, DataType] = {}
    zones: dict[str, str] = {}
    for shape in shapes:
        for column, kind in shape.types.items():
            if types.setdefault(column, kind) != kind:
                return None
        for column in shape.types:
            if zones.setdefault(column, shape.zones.get(column, "")) != shape.zones.get(column, ""):
                return None
    required = frozenset(column for shape in shapes for column in shape.required)
    return Shape(types, required, {column: zone for column, zone in zones.items() if zone})


def renumbered(decoded: Decoded, numbers: NDArray[np.int64]) -> Decoded:
    """Return the same with other numbers in place of 0, 1, ... of records."""
    if len(numbers) == 0 or numbers[-1] == len(numbers) - 1:
        return decoded
    bad = [(int(numbers[record]), reason) for record, reason in decoded.bad]
    return Decoded(decoded.rows, numbers[decoded.records], bad)


def merged(first: Decoded, rest: Decoded, columns: list[str]) -> Decoded:
    """Return some columns of what was decoded at first, and then of the rest, in the order of the records."""
    if len(rest.records) == 0:
        return Decoded(first.rows.select(columns), first.records, rest.bad)
    records = np.concatenate([first.records, rest.records])
    order = np.argsort(records, kind="stable")
    rows = pa.concat_tables([first.rows.select(columns), rest.rows.select(columns)])
    return Decoded(rows.take(pa.array(order)).combine_chunks(), records[order], rest.bad)


def _zones(source: EventSource) -> dict[str, str]:
    times = [source.event_time, *([source.knowledge_time] if source.knowledge_time else [])]
    return {time.column: time.zone for time in times if time.zone}
