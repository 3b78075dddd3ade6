"""Facts of one source's rows for one view: what the batch path computes of them, and how versions of an id compare."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from zipline.engines.duckdb.stream_query import KEPT, ROW, StreamQuery, Wanted
from zipline.engines.duckdb.stream_rows import Answered, StreamRows
from zipline.engines.duckdb.versions import DELETED, KNOWN, TIME
from zipline.engines.kernels.values import one_chunk
from zipline.online.state.byte_column import ByteColumn
from zipline.online.state.facts import Facts
from zipline.online.state.keys import key_column
from zipline.online.state.view_state import ViewState
from zipline.online.streams.row_bytes import column_bytes, joined
from zipline.types import to_arrow


@dataclass(frozen=True)
class Made:
    """What became of a batch of rows.

    Attributes:
        facts: in the order of the rows.
        left: (row, reason) of those that cannot be computed: poison.
        nobody: column -> how many rows belong to nobody, as that column of theirs is null.
    """

    facts: Facts
    left: list[tuple[int, str]]
    nobody: Mapping[str, int]


class FactMaker:
    """Makes facts of a source's rows; it has a DuckDB connection of its own, for one thread.

    A version of an id without key or event time replaces others, and has no place of its own: no entity. Where ids
    stay with their keys nobody could tell which it replaces, and it counts among the rows of nobody; so does a version
    that is never known.

    Args:
        state: the view's.
        source_number: which of `state.sources`.
    """

    def __init__(self, state: ViewState, source_number: int) -> None:
        self.state, self.source = state, state.sources[source_number]
        self._number = source_number
        self._keys = tuple(column for column, _ in state.sweep.keys)
        select, types = state.sweep.inputs[source_number], state.types.sources[source_number]
        self._rows = StreamRows(Wanted(select, types, self._keys, tuple(state.columns), state.masks))

    def facts(self, rows: pa.Table, arrivals: NDArray[np.int64], positions: NDArray[np.int64] | None) -> Made:
        """Return the facts of rows; a pure function of its arguments.

        Args:
            rows: the source's columns, in its pinned types or those of a table that they are widened from.
            arrivals: int64[n], microseconds: the knowledge time of rows that have none of their own.
            positions: int64[n], the log's offset of each row; None in bulk.
        """
        answered = self._rows.answer(rows)
        table, nobody = self._of_somebody(answered)
        at = table[ROW].to_numpy()
        known = table[KNOWN].to_numpy() if KNOWN in table.column_names else arrivals[at]
        columns = self.state.columns.items()
        facts = Facts(
            entities=self._entities(table),
            times=_times(table, known),
            known=np.asarray(known, np.int64),
            columns={name: one_chunk(table[name]).cast(to_arrow(kind)) for name, kind in columns},
            masks={text: _flags(table, f"mask_{i}") for i, text in enumerate(self.state.masks)},
            positions=positions[at] if positions is not None else None,
            source=self._number,
            **(self._versions(table, answered.query) if self.source.id else {}),
        )
        return Made(facts, answered.failed, nobody)

    def _of_somebody(self, answered: Answered) -> tuple[pa.Table, dict[str, int]]:
        """Return the rows that belong to somebody, and how many others miss what, the first of it counting."""
        needed = [(column, answered.query.own_name(column)) for column in self.source.id]
        if KNOWN in answered.table.column_names:
            needed.append(((self.source.knowledge_time or self.source.event_time).column, KNOWN))
        if not (self.source.id and self.source.moves):
            needed.append((self.source.event_time.column, TIME))
            needed += [(column, f"__zl_key_{i}") for i, column in enumerate(self._keys)]
        table, nobody = answered.table, dict[str, int]()
        for column, name in needed:
            if (count := table[name].null_count) > 0:
                nobody[column] = nobody.get(column, 0) + count
                table = table.filter(table[name].is_valid())
        return table, nobody

    def _entities(self, table: pa.Table) -> Sequence[bytes | None]:
        kinds = self.state.types.keys
        parts = [one_chunk(table[f"__zl_key_{i}"]).cast(to_arrow(kind)) for i, kind in enumerate(kinds)]
        found = key_column(parts, kinds)
        if self.source.id and self.source.moves and table[TIME].null_count > 0:
            found = pc.if_else(one_chunk(table[TIME]).is_valid(), found, pa.scalar(None, pa.binary()))
        return ByteColumn(found)

    def _versions(self, table: pa.Table, query: StreamQuery) -> dict[str, Any]:
        """Return ids, ranks and what is kept; a rank is sequence, deletion, event time, keys, and all columns."""
        source = self.source
        own = [one_chunk(table[query.own_name(column)]) for column in source.id]
        number = pa.repeat(pa.scalar(bytes([self._number]), pa.binary()), len(table))
        order = [query.own_name(source.sequence)] if source.sequence else []
        order += [DELETED] if source.deleted else []
        order += [TIME, *query.member.key_names, *map(query.own_name, query.own)]
        return {
            "ids": ByteColumn(joined([number, *map(column_bytes, own)])),
            "ranks": ByteColumn(joined([column_bytes(one_chunk(table[name])) for name in order])),
            "kept": _flags(table, KEPT),
        }


def _times(table: pa.Table, known: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return event times; a version that has none is no event, and counts as one when it is known."""
    times = one_chunk(table[TIME])
    return np.asarray(pc.coalesce(times, pa.array(known)).to_numpy(zero_copy_only=False), np.int64)


def _flags(table: pa.Table, name: str) -> NDArray[np.bool_]:
    return np.asarray(one_chunk(table[name]).to_numpy(zero_copy_only=False), np.bool_)
