"""Tables as SQL: what stands after FROM, and which types the columns have."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

import pyarrow as pa

from zipline.dsl.snapshot import Snapshot
from zipline.dsl.source import EventSource
from zipline.dsl.table import Csv, Frame, Json, NoTable, Parquet, Table
from zipline.dsl.tables import SparkTable
from zipline.engines.duckdb.database import Database, Unread
from zipline.engines.duckdb.declared import Check, declare, readable
from zipline.engines.duckdb.files import FILE, Scan, scan_files
from zipline.engines.duckdb.frames import arrow_of
from zipline.engines.duckdb.frames import readable as readable_columns
from zipline.engines.duckdb.readers.base import Readable, Reader
from zipline.engines.duckdb.readers.bounds import Bound
from zipline.engines.duckdb.readers.opening import reader_of
from zipline.engines.duckdb.reading import PLAIN, Reading, reading_of
from zipline.engines.duckdb.sql import duckdb_type, quote
from zipline.engines.duckdb.times import moment_sql
from zipline.errors import DataError, DefinitionError, SchemaError
from zipline.types import Columns, DataType, from_arrow, to_arrow


@dataclass(frozen=True)
class LeftOut:
    """Rows that cannot be read: how many lines, and a query of how many more."""

    lines: int
    query: str


@dataclass(frozen=True)
class Relation:
    """A table that DuckDB can read.

    Attributes:
        sql: what stands after FROM.
        stored: column -> the DuckDB type it is stored in.
        arrow: its Arrow schema.
        title: how messages and `explain()` call it.
        frame: its rows, where they are in memory.
        located: what stands after FROM to read it with a column FILE, where it is made of files.
        unread: the same, or `sql`, before columns are read in their declared types.
        checks: column -> how to find the rows where it is not of its declared type.
        left_out: how to count the rows that are left out because they cannot be read.
        untaken: of the columns that are not read, why.
        narrow: makes a relation of those rows only that meet some bounds, and returns its name, in place of `name`.
        name: what `sql` reads, where it can be narrowed.
        blame: finds out which file or line it was, when reading fails.
        parts: cuts it into parts of about so many bytes, as what stands after FROM; none where it cannot.
    """

    sql: str
    stored: Mapping[str, str]
    arrow: pa.Schema
    title: str
    frame: pa.Table | None = None
    located: str | None = None
    unread: str = ""
    checks: Mapping[str, Check] = field(default_factory=dict)
    left_out: LeftOut | None = None
    untaken: Mapping[str, str] = field(default_factory=dict)
    narrow: Callable[[tuple[Bound, ...]], str] | None = None
    name: str = ""
    blame: Callable[[], DataError | None] = lambda: None
    parts: Callable[[int], list[str]] = lambda _: []

    def within(self, bounds: tuple[Bound, ...]) -> str:
        """Return what stands after FROM to read it, at least of all rows that meet some bounds."""
        if self.narrow is None or not bounds:
            return self.sql
        return re.sub(rf"\b{self.name}\b", self.narrow(bounds), self.sql)

    @property
    def given(self) -> pa.Schema:
        """The schema as it was handed in: DuckDB's own would lose dictionaries, zones and units."""
        return self.arrow if self.frame is None else self.frame.schema

    def types(self) -> Mapping[str, DataType]:
        """Return the widened type of every column that zipline can take."""
        result = {}
        for column in self.arrow:
            try:
                result[column.name] = from_arrow(column.type)
            except DefinitionError:
                continue
        return Columns(
            {name: kind for name, kind in result.items() if name not in self.untaken}, self.untaken
        )

    def widened(self, column: str, kind: DataType) -> str:
        """Return SQL for a column in its widened type, floats in canonical form."""
        stored, name = self.stored[column], quote(column)
        target = duckdb_type(kind)
        if kind.kind == "timestamp":
            return name if stored == "TIMESTAMP" else f"make_timestamp({moment_sql(name, stored)})"
        return name if stored == target else f"{name}::{target}"


def source_relation(database: Database, source: EventSource) -> Relation:
    """Return a source's table as a relation, its columns in their declared types; no rows are read.

    Raises:
        DataError, SchemaError: as `relation` does, naming the source.
    """
    try:
        return relation(database, source.table, reading_of(source))
    except SchemaError as error:
        raise error.at(f"source {source.name!r}") from None


def relation(database: Database, table: Table, reading: Reading = PLAIN) -> Relation:
    """Return a table as a relation of the database, with its schema; no rows are read.

    Raises:
        DataError: no file matches, or the file is not what it is declared to be.
        SchemaError: two columns have one name, or a column is not of its declared type.
    """
    if isinstance(table, Snapshot):
        return _visible(relation(database, table.table, reading), table)
    scan = None
    try:
        scan = _scan(database, table, reading)
        return _described(database, table, scan, reading)
    except Unread as error:
        raise ((scan and scan.blame()) or error).at(title_of(table)) from error
    except SchemaError as error:
        raise error.at(title_of(table)) from None


def _described(database: Database, table: Table, scan: Scan, reading: Reading) -> Relation:
    scan = replace(scan, sql=database.view(scan.sql)) if scan.is_long else scan
    arrow, stored = database.describe(f"SELECT * FROM {scan.sql}")
    plain = Relation(
        scan.sql,
        stored,
        arrow,
        title_of(table),
        scan.frame,
        located=scan.located,
        blame=scan.blame,
        parts=scan.parts,
    )
    if scan.reader is not None:
        plain = _narrowable(database, plain, scan.reader, reading)
    if not reading.declared and not reading.skip:
        return plain
    declared = declare(stored, plain.types(), scan.texts, reading)
    arrow, stored = database.describe(f"SELECT * FROM {declared.select(scan.sql)}")

    def typed(sql: str) -> str:
        return readable(declared, stored, sql, reading).sql if reading.skip else declared.select(sql)

    left_out, located = None, None
    if reading.skip:
        left_out = LeftOut(scan.malformed, readable(declared, stored, scan.sql, reading).left_out)
    elif scan.located is not None:
        located = declared.select(scan.located, FILE)
    return replace(
        plain, sql=typed(scan.sql), stored=stored, arrow=arrow, frame=None, located=located,
        unread=scan.located or scan.sql, checks=declared.checks, left_out=left_out,
        parts=lambda size: [typed(part) for part in scan.parts(size)],
    )  # fmt: skip


def _visible(copies: Relation, snapshot: Snapshot) -> Relation:
    """Return a snapshot's copies with those of their columns that can be read."""
    names = snapshot.visible(copies.arrow.names)
    arrow = pa.schema([copies.arrow.field(name) for name in names])
    stored = {name: copies.stored[name] for name in names}
    return replace(copies, arrow=arrow, stored=stored, title=f"Snapshot({copies.title})")


def title_of(table: Table) -> str:
    """Return how messages and `explain()` call a table."""
    path = getattr(table, "path", None)
    return f"{type(table).__name__}({path!r})" if path is not None else repr(table)


def _scan(database: Database, table: Table, reading: Reading) -> Scan:
    if isinstance(table, Frame):
        frame = arrow_of(table.data)
        return Scan(database.register(readable_columns(frame)), frame=frame)
    if isinstance(table, (Parquet, Csv, Json)):
        return scan_files(database, table, reading)
    if isinstance(table, NoTable):
        schema = pa.schema([(name, to_arrow(kind)) for name, kind in reading.declared.items()])
        return Scan(database.register(schema.empty_table()))
    reader = reader_of(database, table, reading)
    if reader is None:
        hint = "ask for it with engine='spark'" if isinstance(table, SparkTable) else None
        raise DefinitionError(f"{table!r} is not a table that the DuckDB engine reads", hint=hint)
    if reading is PLAIN and reader.untaken:  # observations keep all of their columns
        name, why = next(iter(reader.untaken.items()))
        raise SchemaError(f"column {name!r} cannot be read", hint=why)
    return Scan(database.register(Readable(reader)), reader=reader, texts=reader.texts)


def _narrowable(database: Database, plain: Relation, reader: Reader, reading: Reading) -> Relation:
    untaken = {name: why for name, why in reader.untaken.items() if name not in reading.declared}

    def narrow(bounds: tuple[Bound, ...]) -> str:
        return database.register(Readable(reader, bounds))

    return replace(plain, untaken=untaken, narrow=narrow, name=plain.sql)
