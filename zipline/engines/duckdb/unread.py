"""Values that could not be read: the table and the row that they are in."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from zipline.dsl.source import EventSource
from zipline.dsl.timestamp import Timestamp
from zipline.engines.duckdb.conflicts import first_conflict
from zipline.engines.duckdb.database import Database, NotATime, TwoRows, Unread
from zipline.engines.duckdb.files import FILE
from zipline.engines.duckdb.sql import quote
from zipline.engines.duckdb.tables import Relation
from zipline.engines.duckdb.times import micros_sql
from zipline.errors import DataError


@contextmanager
def of_source(database: Database, source: EventSource, relation: Relation) -> Iterator[None]:
    """Add the source, and the row of a value that cannot be read, to the errors of what is read inside."""
    with of_sources(database, [source], [relation]):
        yield


@contextmanager
def of_sources(
    database: Database, sources: Sequence[EventSource], relations: Sequence[Relation]
) -> Iterator[None]:
    """Do as `of_source` does where several sources are read together: the first of them that has such a row."""
    try:
        yield
    except Unread as error:
        for source, relation in zip(sources, relations, strict=True):
            found = _found(database, source, relation, error)
            if found is not None:
                raise found from error
        raise _placed(error, ", ".join(f"source {source.name!r}" for source in sources)) from error


def _found(database: Database, source: EventSource, relation: Relation, error: Unread) -> DataError | None:
    """Return the error of a source's own rows, if they are what could not be read."""
    place = f"source {source.name!r}"
    if isinstance(error, TwoRows):
        return first_conflict(database, source, relation)
    if isinstance(error, NotATime):
        times = [time for time in (source.event_time, source.knowledge_time) if time is not None]
        found = (
            _of_row(database, relation, time, error, f"{place}, row", 0)
            for time in times
            if time.column == error.column
        )
        return next((each for each in found if each is not None), None)
    found_value = _not_of_its_type(database, relation, place)
    if found_value is not None:
        return found_value
    blamed = relation.blame()
    return None if blamed is None else _placed(blamed, place)


def _not_of_its_type(database: Database, relation: Relation, place: str) -> DataError | None:
    """Return the error of the first row in which a column is not of its declared type."""
    for column, check in relation.checks.items():
        found = _first(database, relation.unread, relation.located is not None, check.value, check.bad)
        if found is not None:
            where = f"file {found.file!r}, row {found.row}" if found.file else f"row {found.row}"
            return DataError(
                f"{found.value!r} is not of type {check.kind}", where=f"{place}, {where}, column {column!r}",
                hint="correct it, declare another type, or leave such rows out and count them: on_error='skip'",
            )  # fmt: skip
    return None


@contextmanager
def of_observations(database: Database, relation: Relation, time: Timestamp, start: int) -> Iterator[None]:
    """Add the observation whose time is none, counted from `start`, to the errors of what is read inside."""
    try:
        yield
    except NotATime as error:
        found = _of_row(database, relation, time, error, "observation", start)
        raise found or _placed(error, "observations") from None
    except Unread as error:
        raise _placed(error, "observations") from error


def _of_row(
    database: Database, relation: Relation, time: Timestamp, error: NotATime, what: str, start: int
) -> DataError | None:
    """Return the error of a table's first row whose time can not be read; threads found any of them."""
    micros = micros_sql(time, relation.stored[time.column], otherwise="NULL")
    column = quote(time.column)
    bad = f"{column} IS NOT NULL AND ({micros}) IS NULL"
    by_file = relation.located if start == 0 and what != "observation" else None
    found = _first(database, by_file or relation.sql, by_file is not None, column, bad)
    if found is None:
        return None
    if found.file:
        what = f"{what.removesuffix('row')}file {found.file!r}, row"
    place = f"{what} {start + found.row}, {error.where}"
    return DataError(f"{found.value!r} is not a time", where=place, hint=error.hint)


@dataclass(frozen=True)
class _Found:
    file: str | None
    row: int
    value: str


def _first(database: Database, rows: str, by_file: bool, value: str, bad: str) -> _Found | None:
    """Return the first row for which `bad` holds: its file, its number there, counted from 0, and its value."""
    file = FILE if by_file else "NULL::VARCHAR"
    marked = f"({bad}) AS zl_bad, {value} AS zl_value"
    numbered = f"SELECT {file} AS zl_in, row_number() OVER () - 1 AS zl_row, {marked} FROM {rows}"
    begins = "SELECT min(zl_row) FROM numbered AS each WHERE each.zl_in = first.zl_in"
    first = "SELECT zl_in, zl_row, zl_value FROM numbered WHERE zl_bad ORDER BY zl_row LIMIT 1"
    found = database.table(
        f"WITH numbered AS ({numbered}), first AS ({first}) "
        f"SELECT zl_in, zl_row - coalesce(({begins}), 0) AS zl_row, zl_value::VARCHAR AS zl_value FROM first"
    ).to_pylist()
    return _Found(found[0]["zl_in"], found[0]["zl_row"], found[0]["zl_value"]) if found else None


def _placed(error: DataError, place: str) -> DataError:
    return DataError(
        error.message, where=f"{place}, {error.where}" if error.where else place, hint=error.hint
    )
