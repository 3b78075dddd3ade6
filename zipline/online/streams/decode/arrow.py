"""Arrow: each record an IPC stream of any number of rows."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from zipline.engines.duckdb.prepared import connected
from zipline.engines.duckdb.text_times import TextTimes
from zipline.engines.kernels.values import one_chunk
from zipline.errors import DefinitionError
from zipline.online.streams.decode.base import MOST_ROWS, Decoded, Misfit, Shape
from zipline.types import FLOAT64, INT64, TIMESTAMP, DataType, from_arrow, to_arrow


class ArrowDecoder:
    """Decodes IPC streams; a record is rows as a whole or not at all."""

    def __init__(self, shape: Shape) -> None:
        self._fitting = Fitting(shape)
        self._schema = pa.schema([(name, to_arrow(kind)) for name, kind in shape.types.items()])

    def decode(self, values: Sequence[bytes]) -> Decoded:
        """Return the rows of records."""
        tables: list[pa.Table] = []
        records: list[int] = []
        bad: list[tuple[int, str]] = []
        for record, value in enumerate(values):
            try:
                with pa.ipc.open_stream(value) as stream:
                    tables.append(self._fitting.fitted(_read(stream)))
            except Misfit as error:
                bad.append((record, str(error)))
            except (pa.ArrowException, OSError, ValueError) as error:
                bad.append((record, f"not an Arrow stream: {error}"))
            else:
                records.append(record)
        rows = pa.concat_tables([self._schema.empty_table(), *tables]).combine_chunks()
        lengths = [len(table) for table in tables]
        return Decoded(rows, np.repeat(np.array(records, np.int64), lengths), bad)


def _read(stream: pa.RecordBatchReader) -> pa.Table:
    table = stream.read_all()
    if len(table) > MOST_ROWS:
        raise Misfit(f"it has {len(table):,} rows; one record may have {MOST_ROWS:,}")
    return table


class Fitting:
    """Brings tables into the columns and types of a shape."""

    def __init__(self, shape: Shape) -> None:
        self._shape = shape

    @cached_property
    def _texts(self) -> TextTimes:
        return TextTimes(connected())

    def fitted(self, table: pa.Table) -> pa.Table:
        """Return the columns of the shape; an absent one that need not be there is null.

        Raises:
            Misfit: a column is not there, or of another type.
        """
        columns = {}
        for name, kind in self._shape.types.items():
            count = table.column_names.count(name)
            if count > 1 or (count == 0 and name in self._shape.required):
                raise Misfit(f"it has {count} columns {name!r}" if count else f"it has no column {name!r}")
            columns[name] = (
                self._column(table[name], name, kind) if count else pa.nulls(len(table), to_arrow(kind))
            )
        return pa.table(columns)

    def _column(self, column: pa.ChunkedArray, name: str, kind: DataType) -> pa.ChunkedArray:
        try:
            have = from_arrow(column.type)
        except DefinitionError as error:
            raise Misfit(f"column {name!r} {error.message}") from None
        if have != kind and have.kind != "null" and (have, kind) != (INT64, FLOAT64):
            raise Misfit(f"column {name!r} is {have}, not {kind}")
        try:
            if have == kind == TIMESTAMP:
                column = self._moments(column, self._shape.zones.get(name))
            return column.cast(to_arrow(kind))
        except pa.ArrowException as error:
            raise Misfit(f"column {name!r}: {error}") from None

    def _moments(self, column: pa.ChunkedArray, zone: str | None) -> Any:
        """Return times without nanoseconds, and those without a zone in the one that the source tells."""
        if pa.types.is_dictionary(column.type):
            column = column.cast(column.type.value_type)
        if column.type.unit == "ns":
            column = pc.floor_temporal(column, unit="microsecond").cast(pa.timestamp("us", column.type.tz))
        if zone is None or column.type.tz is not None:
            return column
        return self._texts.micros(one_chunk(column).cast(pa.string()), zone)
