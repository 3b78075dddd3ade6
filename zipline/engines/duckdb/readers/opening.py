"""Which reader a table has."""

from __future__ import annotations

from zipline.dsl.table import Table
from zipline.dsl.tables import Delta, Iceberg, Sql
from zipline.engines.duckdb.database import Database
from zipline.engines.duckdb.readers.base import Reader
from zipline.engines.duckdb.reading import Reading
from zipline.errors import ConfigError


def reader_of(database: Database, table: Table, reading: Reading) -> Reader | None:
    """Return what reads a table; None where DuckDB does it itself."""
    if isinstance(table, Sql):
        return _of_query(database, table, reading)
    if isinstance(table, Delta):
        from zipline.engines.duckdb.readers.delta import delta_reader

        return delta_reader(database, table)
    if isinstance(table, Iceberg):
        from zipline.engines.duckdb.readers.iceberg import iceberg_reader

        return iceberg_reader(database, table)
    return None


def _of_query(database: Database, table: Sql, reading: Reading) -> Reader:
    url = database.variables.located(table.connection, where=repr(table))
    if url.startswith("sqlite://"):
        from zipline.engines.duckdb.readers.sqlite import sqlite_reader

        return sqlite_reader(database, table, url, reading.declared)
    if url.startswith(("postgres://", "postgresql://")):
        from zipline.engines.duckdb.readers.postgres import postgres_reader

        return postgres_reader(database, table, url)
    raise ConfigError(
        f"{url.partition(':')[0][:20]!r} is not a database that zipline reads", where=repr(table),
        hint="write postgresql://user@host/database or sqlite:///file.db",
    )  # fmt: skip
