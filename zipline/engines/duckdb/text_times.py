"""Times that a stream's rows have as text: read by the SQL that reads a table's, most of them by its cheap part."""

from __future__ import annotations

import duckdb
import pyarrow as pa
import pyarrow.compute as pc

from zipline.dsl.timestamp import Timestamp
from zipline.engines.duckdb.prepared import Prepared
from zipline.engines.duckdb.times import micros_sql, plain_micros_sql
from zipline.engines.kernels.values import one_chunk

_SCHEMA = pa.schema([("zl_text", pa.string())])


class TextTimes:
    """Reads texts as times on a connection."""

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        self._connection = connection
        self._prepared: dict[str, Prepared] = {}

    def micros(self, texts: pa.Array, zone: str | None = None) -> pa.Array:
        """Return microseconds since the epoch, int64; null where there is no text, or one that is no time.

        Args:
            texts: string[n].
            zone: of texts without an offset; UTC unless given.
        """
        if zone is None:
            result = self._read(texts, plain_micros_sql("zl_text"))
        else:
            result = pa.nulls(len(texts), pa.int64())
        left = pc.and_(result.is_null(), texts.is_valid())
        if not pc.any(left).as_py():
            return result
        # All the other ways to write a time cost a query as much as ten thousand times in the usual one.
        slow = micros_sql(Timestamp("zl_text", zone=zone), "VARCHAR", otherwise="NULL")
        return pc.replace_with_mask(result, left, self._read(texts.filter(left), slow))

    def _read(self, texts: pa.Array, sql: str) -> pa.Array:
        if sql not in self._prepared:
            self._prepared[sql] = Prepared(
                self._connection, _SCHEMA, lambda rows: f"SELECT {sql} AS micros FROM {rows}"
            )
        return one_chunk(self._prepared[sql].run(pa.table([texts], schema=_SCHEMA))["micros"])
