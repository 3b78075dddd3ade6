"""Values that could not be read: the table and the row that they are in."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from zipline.dsl.source import EventSource
from zipline.dsl.timestamp import Timestamp
from zipline.engines.duckdb.database import Database, NotATime, Unread
from zipline.engines.duckdb.sql import quote
from zipline.engines.duckdb.tables import Relation
from zipline.engines.duckdb.times import micros_sql
from zipline.errors import DataError


@contextmanager
def of_source(database: Database, source: EventSource, relation: Relation) -> Iterator[None]:
    """Add the source, and the row of a time that is none, to the errors of what is read inside."""
    place = f"source {source.name!r}"
    try:
        yield
    except NotATime as error:
        times = [time for time in (source.event_time, source.knowledge_time) if time is not None]
        (time, *_) = [time for time in times if time.column == error.column]
        raise _of_row(database, relation, time, error, f"{place}, row", 0) from None
    except Unread as error:
        raise _placed(error, place) from error


@contextmanager
def of_observations(database: Database, relation: Relation, time: Timestamp, start: int) -> Iterator[None]:
    """Add the observation whose time is none, counted from `start`, to the errors of what is read inside."""
    try:
        yield
    except NotATime as error:
        raise _of_row(database, relation, time, error, "observation", start) from None
    except Unread as error:
        raise _placed(error, "observations") from error


def _of_row(
    database: Database, relation: Relation, time: Timestamp, error: NotATime, what: str, start: int
) -> DataError:
    """Return the error of a table's first row whose time can not be read; threads found any of them."""
    column, micros = quote(time.column), micros_sql(time, relation.stored[time.column], otherwise="NULL")
    numbered = f"SELECT {column}, row_number() OVER () - 1 AS zl_row FROM {relation.sql}"
    bad = f"SELECT * FROM ({numbered}) WHERE {column} IS NOT NULL AND ({micros}) IS NULL"
    first = database.table(f"SELECT zl_row, {column}::VARCHAR AS value FROM ({bad}) ORDER BY zl_row LIMIT 1")
    row, value = first["zl_row"][0].as_py(), first["value"][0].as_py()
    place = f"{what} {start + row}, {error.where}"
    return DataError(f"{value!r} is not a time", where=place, hint=error.hint)


def _placed(error: Unread, place: str) -> DataError:
    return DataError(
        error.message, where=f"{place}, {error.where}" if error.where else place, hint=error.hint
    )
