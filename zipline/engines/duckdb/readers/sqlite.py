"""SQLite through ADBC: one transaction for all that a run reads of a file.

A column of SQLite has no type: every value has one. So the types are read off all rows, as those of a CSV file are;
and since the driver takes the first rows' for all, a row of the right types is put before them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from threading import Lock
from typing import Any, Final
from urllib.parse import quote as url_quote

import pyarrow as pa

from zipline.dsl.tables.sql import Sql
from zipline.engines.duckdb.database import Database, Unread
from zipline.engines.duckdb.readers.base import missing
from zipline.engines.duckdb.readers.bounds import Bound, fitting
from zipline.engines.duckdb.readers.queries import plain, query
from zipline.engines.duckdb.sql import quote
from zipline.errors import DataError
from zipline.types import DataType

_KINDS: Final = ("integer", "real", "text", "blob")
_SAMPLES: Final = {
    pa.int64(): "0",
    pa.float64(): "0.5",
    pa.string(): "''",
    pa.binary(): "x''",
    pa.null(): "0",
}
_NATIVE: Final = {pa.int64(): "int64", pa.float64(): "float64", pa.string(): "string", pa.binary(): "binary"}


class SqliteSession:
    """A transaction on a file that lasts as long as a run."""

    def __init__(self, path: Path) -> None:
        try:
            from adbc_driver_sqlite.dbapi import connect
        except ImportError as error:
            raise missing("sql", error) from None
        self._connection: Any = connect(f"file:{url_quote(str(path))}?mode=ro")
        self._lock = Lock()

    def close(self) -> None:
        """End the transaction."""
        self._connection.close()

    def running(self, sql: str) -> Iterator[pa.RecordBatch]:
        """Run a query and yield its rows; several may run at once."""
        with self._reading(sql) as reader:
            while True:
                with self._lock:
                    batch = next(reader, None)
                if batch is None:
                    return
                yield batch

    def names(self, sql: str) -> list[str]:
        """Return the names of a query's columns."""
        with self._reading(query(["*"], sql, (), plain) + " LIMIT 0") as reader:
            return list(reader.schema.names)

    @contextmanager
    def _reading(self, sql: str) -> Iterator[pa.RecordBatchReader]:
        from adbc_driver_manager import Error

        cursor = self._connection.cursor()
        try:
            with self._lock:
                cursor.execute(sql)
                reader = cursor.fetch_record_batch()
            yield reader
        except Error as error:
            (line, *_) = str(error).splitlines()
            raise Unread(line, hint="check the query") from None
        finally:
            with self._lock:
                cursor.close()


class SqliteReader:
    """A query's rows, as of the run's transaction."""

    def __init__(self, session: SqliteSession, sql: str, declared: Mapping[str, DataType]) -> None:
        self._session = session
        self._query = sql
        names = session.names(sql)
        found = _found_kinds(session, sql, names)
        texts = {name for name in names if name in declared and _needs_text(found[name], declared[name])}
        chosen = {name: pa.string() if name in texts else _common(found[name]) for name in names}
        kinds = {name: kind for name, kind in chosen.items() if kind is not None}
        self._exact = {name: _expression(name, kinds[name], texts, declared) for name in kinds}
        self.schema = pa.schema(list(kinds.items()))
        self.texts = frozenset(texts)
        self.untaken: Mapping[str, str] = {
            name: f"{name!r} has values of several types ({', '.join(found[name])}): declare one, as in "
            f"schema={{{name!r}: 'double'}}, or cast it in the query"
            for name in names
            if name not in kinds
        }

    def batches(self, columns: Sequence[str], bounds: Sequence[Bound]) -> Iterator[pa.RecordBatch]:
        """Read columns of the rows within the bounds."""
        kinds = [self.schema.field(name).type for name in columns]
        wanted = [f"{self._exact[name]} AS {quote(name)}" for name in columns]
        pushed = [each for each in fitting(tuple(bounds), self.schema) if each.column not in self.texts]
        samples = ", ".join(
            f"{_SAMPLES[kind]} AS {quote(name)}" for name, kind in zip(columns, kinds, strict=True)
        )
        rows = self._session.running(
            f"SELECT {samples} UNION ALL {query(wanted, self._query, pushed, plain)}"
        )
        skipped = 1
        for batch in rows:
            arrays = [
                pa.nulls(batch.num_rows) if pa.types.is_null(kind) else batch.column(i).cast(kind)
                for i, kind in enumerate(kinds)
            ]
            yield pa.RecordBatch.from_arrays(arrays, list(columns)).slice(skipped)
            skipped = 0


def _found_kinds(session: SqliteSession, sql: str, names: Sequence[str]) -> Mapping[str, tuple[str, ...]]:
    """Return which types the values of each column have."""
    asked = [
        f"coalesce(max(typeof({quote(name)}) = '{kind}'), 0) AS c{i}_{kind}"
        for i, name in enumerate(names)
        for kind in _KINDS
    ]
    found: dict[str, list[str]] = {name: [] for name in names}
    for first in range(0, len(asked), 400):  # SQLite's results have 2,000 columns at most
        part = asked[first : first + 400]
        (batch,) = session.running(query(part, sql, (), plain))
        for at, value in enumerate(column[0].as_py() for column in batch.columns):
            if value:
                found[names[(first + at) // 4]].append(_KINDS[(first + at) % 4])
    return {name: tuple(kinds) for name, kinds in found.items()}


def _common(found: tuple[str, ...]) -> pa.DataType | None:
    """Return the type in which all values are handed out as they are."""
    return {
        (): pa.null(), ("integer",): pa.int64(), ("real",): pa.float64(), ("integer", "real"): pa.float64(),
        ("text",): pa.string(), ("blob",): pa.binary(),
    }.get(found)  # fmt: skip


def _needs_text(found: tuple[str, ...], declared: DataType) -> bool:
    """Return whether values must become text to be read as a declared type: bytes cannot, plain numbers need not."""
    kind = _common(found)
    if "blob" in found or (kind is not None and _NATIVE.get(kind) == declared.kind):
        return False
    return not (kind in (pa.int64(), pa.float64()) and declared.kind in ("float64", "int64"))


def _expression(name: str, kind: pa.DataType, texts: set[str], declared: Mapping[str, DataType]) -> str:
    column = quote(name)
    if name in texts:
        whole = f"typeof({column}) = 'integer' AND {column}"
        truth = f"WHEN {whole} = 1 THEN 'true' WHEN {whole} = 0 THEN 'false' "
        exact = f"WHEN typeof({column}) = 'real' THEN printf('%!.17g', {column})"
        return f"CASE {truth if declared[name].kind == 'bool' else ''}{exact} ELSE CAST({column} AS TEXT) END"
    return f"CAST({column} AS REAL)" if kind == pa.float64() else column


def sqlite_reader(database: Database, table: Sql, url: str, declared: Mapping[str, DataType]) -> SqliteReader:
    """Return a query's rows; the run's queries to one file share one transaction.

    Raises:
        DataError: there is no such file: SQLite would make an empty one.
    """
    place = url.partition("://")[2].partition("?")[0].removeprefix("/")
    path = (database.root / Path(place).expanduser()).resolve()
    if not path.is_file():
        raise DataError(f"there is no file {str(path)!r}", where=repr(table), hint="check the connection")

    def begin() -> SqliteSession:
        session = SqliteSession(path)
        database.closing.callback(session.close)
        return session

    session: SqliteSession = database.opened(("sqlite", path), begin)
    key = ("sqlite", path, table.query, tuple(sorted((n, str(k)) for n, k in declared.items())))
    reader: SqliteReader = database.opened(key, lambda: SqliteReader(session, table.query, declared))
    return reader
