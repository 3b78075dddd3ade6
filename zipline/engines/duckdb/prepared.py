"""Queries that are planned once and run on one small batch after another: planning takes longer than running."""

from __future__ import annotations

from collections.abc import Callable
from itertools import count
from typing import Any

import duckdb
import pyarrow as pa

from zipline.engines.duckdb.database import translated

_NUMBERS = count()


def connected() -> duckdb.DuckDBPyConnection:
    """Return a connection to a database of its own for small batches: one thread, times in UTC."""
    connection = duckdb.connect(
        config={"threads": 1, "TimeZone": "UTC", "autoinstall_known_extensions": False}
    )
    connection.execute("SET enable_progress_bar = false")
    return connection


def stored_types(connection: duckdb.DuckDBPyConnection, schema: pa.Schema) -> dict[str, str]:
    """Return the DuckDB type in which each column is read."""
    rows = _Rows(schema.empty_table())
    with translated():
        connection.register(rows.name, rows)
        relation = connection.sql(f"SELECT * FROM {rows.name}")
        stored = {name: str(kind) for name, kind in zip(relation.columns, relation.types, strict=True)}
        connection.unregister(rows.name)
    return stored


class Prepared:
    """A query over a batch, on a connection.

    Args:
        connection: where.
        schema: of the batches.
        sql: gives the query, of what stands after FROM for the batch.
    """

    def __init__(
        self, connection: duckdb.DuckDBPyConnection, schema: pa.Schema, sql: Callable[[str], str]
    ) -> None:
        self._connection, self._schema = connection, schema
        self._rows = _Rows(schema.empty_table())
        with translated():
            connection.register(self._rows.name, self._rows)
            connection.execute(f"PREPARE q{self._rows.name} AS {sql(self._rows.name)}")

    def run(self, rows: pa.Table) -> pa.Table:
        """Return the answer for a batch.

        Raises:
            Unread: some row cannot be computed.
        """
        assert rows.schema == self._schema, (rows.schema, self._schema)
        self._rows.table = rows
        with translated():
            return self._connection.sql(f"EXECUTE q{self._rows.name}").to_arrow_table()

    def close(self) -> None:
        """Forget the query."""
        self._connection.execute(f"DEALLOCATE q{self._rows.name}")
        self._connection.unregister(self._rows.name)


class _Rows:
    """What DuckDB scans: whatever rows are in it at that time."""

    def __init__(self, table: pa.Table) -> None:
        self.table = table
        self.name = f"zl_rows_{next(_NUMBERS)}"

    def __arrow_c_schema__(self) -> Any:
        return self.table.schema.__arrow_c_schema__()

    def __arrow_c_stream__(self, requested_schema: Any = None) -> Any:
        return self.table.__arrow_c_stream__(requested_schema)
