"""Tables as SQL: what stands after FROM, and which types the columns have."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa

from zipline.dsl.table import Csv, Frame, Json, Parquet, Table
from zipline.engines.duckdb.database import Database, Unread
from zipline.engines.duckdb.frames import arrow_of, readable
from zipline.engines.duckdb.sql import duckdb_type, literal, quote
from zipline.engines.duckdb.times import moment_sql
from zipline.errors import DataError, DefinitionError, SchemaError
from zipline.types import DataType, from_arrow


@dataclass(frozen=True)
class Relation:
    """A table that DuckDB can read.

    Attributes:
        sql: what stands after FROM.
        stored: column -> the DuckDB type it is stored in.
        arrow: its Arrow schema.
        title: how messages and `explain()` call it.
        frame: its rows, where they are in memory.
    """

    sql: str
    stored: Mapping[str, str]
    arrow: pa.Schema
    title: str
    frame: pa.Table | None = None

    @property
    def given(self) -> pa.Schema:
        """The schema as it was handed in: DuckDB's own would lose dictionaries, zones and units."""
        return self.arrow if self.frame is None else self.frame.schema

    def types(self) -> Mapping[str, DataType]:
        """Return the widened type of every column that zipline can take."""
        result = {}
        for field in self.arrow:
            try:
                result[field.name] = from_arrow(field.type)
            except DefinitionError:
                continue
        return result

    def widened(self, column: str, kind: DataType) -> str:
        """Return SQL for a column in its widened type, floats in canonical form."""
        stored, name = self.stored[column], quote(column)
        target = duckdb_type(kind)
        if kind.kind == "timestamp":
            return name if stored == "TIMESTAMP" else f"make_timestamp({moment_sql(name, stored)})"
        return name if stored == target else f"{name}::{target}"


def relation(database: Database, table: Table) -> Relation:
    """Return a table as a relation of the database, with its schema; no rows are read.

    Raises:
        DataError: no file matches, or the file is not what it is declared to be.
        SchemaError: two columns have one name.
    """
    frame = arrow_of(table.data) if isinstance(table, Frame) else None
    try:
        sql = _from(database, table) if frame is None else database.register(readable(frame))
        arrow, stored = database.describe(f"SELECT * FROM {sql}")
    except Unread as error:
        raise DataError(error.message, where=title_of(table), hint=error.hint) from error
    except SchemaError as error:
        raise error.at(title_of(table)) from None
    return Relation(sql, stored, arrow, title_of(table), frame)


def title_of(table: Table) -> str:
    """Return how messages and `explain()` call a table."""
    path = getattr(table, "path", None)
    return f"{type(table).__name__}({path!r})" if path is not None else repr(table)


def _from(database: Database, table: Table) -> str:
    if isinstance(table, Parquet):
        path = located(database, table.path, "parquet")
        return f"read_parquet({literal(path)})"
    if isinstance(table, Csv):
        path = located(database, table.path, "csv")
        nulls = ", ".join(literal(text) for text in ("", *table.null))
        # All that DuckDB would guess is said: it skips lines and takes others for comments to make a file fit.
        form = f"header = true, skip = 0, comment = '', quote = '\"', escape = '\"', delim = {literal(table.delimiter)}"
        return f"read_csv({literal(path)}, {form}, nullstr = [{nulls}], sample_size = -1)"
    if isinstance(table, Json):
        path = located(database, table.path, "json")
        form = {"auto": "auto", "lines": "newline_delimited", "array": "array"}[table.format]
        return f"read_json({literal(path)}, format = '{form}', sample_size = -1)"
    raise DefinitionError(f"{table!r} is not a table that this engine reads")


def located(database: Database, path: str, suffix: str) -> str:
    """Return where a path lies: URLs through fsspec, others relative to the repository, a directory as a glob."""
    protocol, separator, _ = path.partition("://")
    if separator:
        database.mount(protocol)
        return path if Path(path).suffix else f"{path.rstrip('/')}/**/*.{suffix}*"
    place = database.root / Path(path).expanduser()
    return str(place / "**" / f"*.{suffix}*") if place.is_dir() else str(place)
