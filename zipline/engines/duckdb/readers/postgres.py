"""PostgreSQL through ADBC: one exported snapshot for all that a run reads of a database."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import unquote

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.types as at

from zipline.dsl.tables.sql import Sql
from zipline.engines.duckdb.database import Database, Unread
from zipline.engines.duckdb.readers.base import missing
from zipline.engines.duckdb.readers.bounds import Bound, fitting
from zipline.engines.duckdb.readers.queries import postgres, query
from zipline.engines.duckdb.sql import quote
from zipline.errors import ConfigError, SchemaError
from zipline.time import MAX_TIME, MIN_TIME, UNITS

_TRANSACTION: Final = "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY"
_TYPE, _MODIFIER = b"POSTGRESQL:type", b"POSTGRESQL:typmod"
_PLAIN_TEXT: Final = (b"text", b"varchar", b"name")  # enums and padded texts compare in ways of their own
_CAST: Final = {
    b"money": "CAST({0} AS numeric(18,2))",
    b"oid": "CAST({0} AS bigint)",
    b"record": "its fields one by one",
}


@dataclass(frozen=True)
class _Column:
    """A column as PostgreSQL gives it, the Arrow type in which it is handed out (None: not at all), and why not."""

    kind: pa.DataType | None
    is_text: bool = False
    untaken: str | None = None


class PostgresSession:
    """A snapshot of a database that lasts as long as a run, for any number of queries at once."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._leader = self._connect()
        with self._leader.cursor() as cursor, told(url):
            cursor.execute(_TRANSACTION)
            cursor.execute("SELECT pg_export_snapshot()")
            self._snapshot = str(cursor.fetchone()[0])

    def close(self) -> None:
        """Let go of the snapshot."""
        self._leader.close()

    @contextmanager
    def running(self, sql: str) -> Iterator[pa.RecordBatchReader]:
        """Run a query on a connection of its own, as of the snapshot."""
        connection = self._connect()
        try:
            with connection.cursor() as cursor, told(self._url):
                cursor.execute(_TRANSACTION)
                cursor.execute(f"SET TRANSACTION SNAPSHOT '{self._snapshot}'")
                cursor.execute(sql)
                yield cursor.fetch_record_batch()
        finally:
            connection.close()

    def _connect(self) -> Any:
        try:
            from adbc_driver_postgresql.dbapi import connect
        except ImportError as error:
            raise missing("sql", error) from None
        waiting = "&" if "?" in self._url else "?"
        url = self._url if "connect_timeout=" in self._url else f"{self._url}{waiting}connect_timeout=10"
        with told(self._url):
            return connect(url)


class PostgresReader:
    """A query's rows, as of the run's snapshot."""

    def __init__(self, session: PostgresSession, sql: str) -> None:
        self._session = session
        self._query = sql
        with session.running(query(["*"], sql, (), postgres) + " LIMIT 0") as none:
            self._given = none.schema
        names = self._given.names
        for name in names:
            if names.count(name) > 1:
                raise SchemaError(
                    f"two columns are called {name!r}", hint="name them in the query: ... AS name"
                )
        columns = {each.name: _column(each) for each in self._given}
        kinds = {name: each.kind for name, each in columns.items() if each.kind is not None}
        self.schema = pa.schema(list(kinds.items()))
        self.texts = frozenset(name for name, each in columns.items() if each.is_text)
        self.untaken: Mapping[str, str] = {n: each.untaken for n, each in columns.items() if each.untaken}

    def batches(self, columns: Sequence[str], bounds: Sequence[Bound]) -> Iterator[pa.RecordBatch]:
        """Read columns of the rows within the bounds."""
        sql = query([quote(name) for name in columns], self._query, self._pushed(bounds), postgres)
        with self._session.running(sql) as reader:
            for batch in reader:
                arrays = [
                    _handed_out(batch.column(i), self.schema.field(n).type, n) for i, n in enumerate(columns)
                ]
                yield pa.RecordBatch.from_arrays(arrays, list(columns))

    def _pushed(self, bounds: Sequence[Bound]) -> list[Bound]:
        kept = []
        for bound in fitting(tuple(bounds), self.schema):
            stored = (self._given.field(bound.column).metadata or {}).get(_TYPE, b"")
            if not isinstance(bound.values[0] if bound.values else 0, str) or stored in _PLAIN_TEXT:
                kept.append(bound)
        return kept


def _column(field: pa.Field) -> _Column:
    said = field.metadata or {}
    stored = said.get(_TYPE, b"")
    if stored in _CAST:
        return _Column(None, untaken=_hint(field.name, stored, _CAST[stored].format(quote(field.name))))
    if stored == b"numeric":
        return _numeric(field.name, int(said.get(_MODIFIER, b"-1")))
    if stored in (b"json", b"jsonb"):
        return _Column(pa.string())
    if _is_opaque(field.type):
        return _Column(None, untaken=_hint(field.name, stored, f"CAST({quote(field.name)} AS text)"))
    return _Column(field.type)


def _hint(name: str, stored: bytes, instead: str) -> str:
    return (
        f"{name!r} is of PostgreSQL's type {stored.decode()}, which is not read: write {instead} in the query"
    )


def _numeric(name: str, modifier: int) -> _Column:
    if modifier >= 4:
        precision, scale = (modifier - 4) >> 16 & 0xFFFF, (modifier - 4) & 0x7FF
        if precision <= 38 and scale <= precision:
            return _Column(pa.decimal128(precision, scale))
    why = f"{name!r} is numeric without a precision that a decimal can have (at most 38 digits)"
    instead = f"declare it, as in schema={{{name!r}: 'decimal(18,2)'}}, or cast it in the query"
    return _Column(pa.string(), is_text=True, untaken=f"{why}: {instead}")


def _is_opaque(kind: pa.DataType) -> bool:
    if isinstance(kind, pa.BaseExtensionType):
        return bool(kind.extension_name == "arrow.opaque")
    return bool(at.is_nested(kind) and any(_is_opaque(kind.field(i).type) for i in range(kind.num_fields)))


def _handed_out(column: pa.Array, kind: pa.DataType, name: str) -> pa.Array:
    if at.is_timestamp(kind) or at.is_date32(kind):
        _check_finite(column, name)
    if column.type == kind:
        return column
    plain = column.storage if isinstance(column.type, pa.BaseExtensionType) else column
    try:
        return plain.cast(kind)
    except pa.ArrowInvalid:
        bad = next(
            each for each in plain.to_pylist() if each is not None and not re.fullmatch(r"-?[0-9.]+", each)
        )
        raise Unread(
            f"{bad!r} is not of type {kind}",
            where=f"column {name!r}",
            hint="leave it out in the query, or cast it there",
        ) from None


def _check_finite(column: pa.Array, name: str) -> None:
    """Refuse `infinity`, which the driver hands out as a time in a year of its own."""
    each, number = (1, pa.int64()) if at.is_timestamp(column.type) else (UNITS["d"], pa.int32())
    edges = pc.min_max(column.view(number)).as_py()
    if edges["min"] is not None and not MIN_TIME <= edges["min"] * each <= edges["max"] * each <= MAX_TIME:
        raise Unread(
            "has a time before the year 1 or after 9999, or an infinite one", where=f"column {name!r}",
            hint=f"leave it out in the query: NULLIF({quote(name)}, 'infinity')",
        )  # fmt: skip


@contextmanager
def told(url: str) -> Iterator[None]:
    """Raise the database's errors as zipline's, without the password and the text of a generated query."""
    from adbc_driver_manager import Error

    try:
        yield
    except Error as error:
        text = re.sub(r"^[A-Z_]+: (\[libpq\] )?", "", str(error)).partition("Query was:")[0]
        (line, *_) = [each.strip() for each in text.splitlines() if each.strip()] or ["no answer"]
        secrets = [part for secret in _secrets(url) for part in (secret, unquote(secret)) if part]
        for secret in sorted(secrets, key=len, reverse=True):
            line = line.replace(secret, "***")
        raise Unread(line, hint="check the connection and the query") from None


def _secrets(url: str) -> list[str]:
    user, at_sign, _ = url.partition("://")[2].partition("/")[0].rpartition("@")
    password = user.partition(":")[2] if at_sign else ""
    return [password, *re.findall(r"[?&]password=([^&]*)", url)]


def check_url(url: str) -> None:
    """Refuse what libpq would misread, and then show parts of the password."""
    place, _, _ = url.partition("://")[2].partition("?")
    user, at_sign, _ = place.rpartition("@")
    if at_sign and re.search(r"[@/?#\s]|%(?![0-9a-fA-F]{2})", user):
        raise ConfigError(
            "the user or the password has a character that a URL does not take",
            hint="write it percent-encoded: %40 for @, %2F for /, %23 for #, %3F for ?, %25 for %",
        )


def postgres_reader(database: Database, table: Sql, url: str) -> PostgresReader:
    """Return a query's rows; the run's queries to one database share one snapshot."""
    check_url(url)

    def begin() -> PostgresSession:
        session = PostgresSession(url)
        database.closing.callback(session.close)
        return session

    session: PostgresSession = database.opened(("postgres", url), begin)
    reader: PostgresReader = database.opened(
        ("postgres", url, table.query), lambda: PostgresReader(session, table.query)
    )
    return reader
