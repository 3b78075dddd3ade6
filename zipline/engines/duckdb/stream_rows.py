"""Rows of a stream through the SQL of the batch path: times, keys, `select`, `where` and masks of one source."""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from zipline.dsl.source import EventSource
from zipline.dsl.timestamp import Timestamp
from zipline.engines.duckdb.database import Unread
from zipline.engines.duckdb.frames import readable
from zipline.engines.duckdb.prepared import Prepared, connected, stored_types
from zipline.engines.duckdb.stream_query import MICROS, ROW, StreamQuery, Wanted
from zipline.engines.duckdb.text_times import TextTimes
from zipline.types import STRING, from_arrow

Failed = list[tuple[int, str]]
"""Rows by number, and what of each cannot be computed."""


@dataclass(frozen=True)
class Answered:
    """The rows of a batch, computed; those that a source without ids does not keep are not there.

    Attributes:
        table: what `StreamQuery.columns` names.
        query: by which it was computed.
        failed: what is not in the table because it cannot be computed.
    """

    table: pa.Table
    query: StreamQuery
    failed: Failed


class StreamRows:
    """Computes the batches of a source on one connection; what their columns make of the SQL is worked out once."""

    def __init__(self, wanted: Wanted) -> None:
        self._wanted = wanted
        self._connection = connected()
        self._texts = TextTimes(self._connection)
        self._queries: dict[pa.Schema, StreamQuery] = {}
        self._prepared: dict[pa.Schema, Prepared] = {}

    def answer(self, rows: pa.Table) -> Answered:
        """Compute a batch; a row that cannot be computed is named, and the others go on.

        Args:
            rows: the source's columns.

        Raises:
            SchemaError: two columns have one name.
        """
        rows = readable(rows.replace_schema_metadata(None))
        query = self._query(rows.schema)
        rows, failed = self._with_times(rows.append_column(ROW, pa.array(np.arange(len(rows)))))
        if rows.schema not in self._prepared:
            self._prepared[rows.schema] = Prepared(self._connection, rows.schema, query.sql)
        prepared = self._prepared[rows.schema]
        try:
            return Answered(prepared.run(rows), query, failed)
        except Unread:
            found = self._failures(rows, query)
            if not found:
                raise
        kept = pc.invert(pc.is_in(rows[ROW], pa.array([row for row, _ in found], pa.int64())))
        return Answered(prepared.run(rows.filter(kept)), query, sorted(failed + found))

    def _query(self, schema: pa.Schema) -> StreamQuery:
        if schema not in self._queries:
            stored = stored_types(self._connection, schema)
            self._queries[schema] = StreamQuery(self._wanted, schema, stored)
        return self._queries[schema]

    def _with_times(self, rows: pa.Table) -> tuple[pa.Table, Failed]:
        """Read times that are texts; rows with a text that is no time are left out and named."""
        failed: dict[int, str] = {}
        for time in _text_times(self._wanted.select.source, rows.schema):
            texts = rows[time.column].combine_chunks().cast(pa.string())
            micros = self._texts.micros(texts, time.zone)
            rows = rows.append_column(MICROS + time.column, micros)
            bad = pc.and_(micros.is_null(), texts.is_valid())
            for row in np.flatnonzero(bad.to_numpy(zero_copy_only=False)).tolist():
                failed.setdefault(row, f"column {time.column!r}: {texts[row].as_py()!r} is not a time")
        if failed:
            rows = rows.filter(pc.invert(pc.is_in(rows[ROW], pa.array(list(failed), pa.int64()))))
        return rows, sorted(failed.items())

    def _failures(self, rows: pa.Table, query: StreamQuery) -> Failed:
        """Compute step by step, each part where it can be, and return the rows where one cannot."""
        failed: Failed = []
        for step in query.steps():
            with closing(Prepared(self._connection, rows.schema, step.sql)) as prepared:
                table = prepared.run(rows)
            good = np.ones(len(table), np.bool_)
            for name, title in step.titles.items():
                bad = table[name].is_null().to_numpy() & good
                failed += [(row, title) for row in table[ROW].to_numpy()[bad].tolist()]
                good &= ~bad
            rows = step.unpacked(table.filter(pa.array(good)))
        return failed


def _text_times(source: EventSource, schema: pa.Schema) -> list[Timestamp]:
    """Return the times that are texts in the rows."""
    times = [source.event_time, *([source.knowledge_time] if source.knowledge_time else [])]
    return [each for each in dict.fromkeys(times) if from_arrow(schema.field(each.column).type) == STRING]
