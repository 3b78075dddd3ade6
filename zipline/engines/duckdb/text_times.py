"""Times that a stream's rows have as text: read by the SQL that reads a table's, most of them by its cheap part."""

from __future__ import annotations

import duckdb
import pyarrow as pa
import pyarrow.compute as pc

from zipline.dsl.timestamp import Timestamp
from zipline.engines.duckdb.database import translated
from zipline.engines.duckdb.times import micros_sql, plain_micros_sql

_COLUMN, _TABLE = "zl_text", "zl_texts"


class TextTimes:
    """Reads texts as times on a connection."""

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        self._connection = connection

    def micros(self, texts: pa.Array, zone: str | None = None) -> pa.Array:
        """Return microseconds since the epoch, int64; null where there is no text, or one that is no time.

        Args:
            texts: string[n].
            zone: of texts without an offset; UTC unless given.
        """
        plain = plain_micros_sql(_COLUMN) if zone is None else "NULL::BIGINT"
        result = self._read(texts, plain)
        left = pc.and_(result.is_null(), texts.is_valid())
        if not pc.any(left).as_py():
            return result
        # What all ways to write a time need takes a query to plan that costs as much as ten thousand plain times.
        slow = micros_sql(Timestamp(_COLUMN, zone=zone), "VARCHAR", otherwise="NULL")
        return pc.replace_with_mask(result, left, self._read(texts.filter(left), slow))

    def _read(self, texts: pa.Array, sql: str) -> pa.Array:
        self._connection.register(_TABLE, pa.table({_COLUMN: texts}))
        try:
            with translated():
                found = self._connection.sql(f"SELECT {sql} AS micros FROM {_TABLE}").to_arrow_table()
        finally:
            self._connection.unregister(_TABLE)
        column = found["micros"].combine_chunks()
        return column if isinstance(column, pa.Array) else pa.concat_arrays(column.chunks)
