"""Copies that say two things of one id: which copy, and which id."""

from __future__ import annotations

from zipline.dsl.snapshot import Snapshot
from zipline.dsl.source import EventSource
from zipline.engines.duckdb.database import Database
from zipline.engines.duckdb.sql import literal, quote
from zipline.engines.duckdb.tables import Relation
from zipline.engines.duckdb.times import micros_sql
from zipline.errors import DataError


def first_conflict(database: Database, source: EventSource, relation: Relation) -> DataError | None:
    """Return the error of the first copy of a snapshot that has two different rows of one id, if there is one."""
    snapshot, types = source.table, relation.types()
    if not isinstance(snapshot, Snapshot):
        return None
    time = micros_sql(snapshot.date, relation.stored[snapshot.date.column])
    names = (*snapshot.id, *snapshot.compared(tuple(types)))
    columns = ", ".join(f"{relation.widened(name, types[name])} AS {quote(name)}" for name in names)
    present = " AND ".join(f"{quote(name)} IS NOT NULL" for name in (*snapshot.id, snapshot.date.column))
    rows = f"SELECT {columns}, {time} AS zl_time FROM {relation.sql} WHERE {present}"
    shown = " || ', ' || ".join(f"{literal(name)} || '=' || {quote(name)}::VARCHAR" for name in snapshot.id)
    identity = ", ".join(quote(name) for name in snapshot.id)
    found = database.table(
        f"SELECT {shown} AS id, make_timestamp(zl_time)::VARCHAR AS date FROM (SELECT DISTINCT * FROM ({rows})) "
        f"GROUP BY {identity}, zl_time HAVING count(*) > 1 ORDER BY zl_time, id LIMIT 1"
    ).to_pylist()
    if not found:
        return None
    date = found[0]["date"].removesuffix(" 00:00:00")
    return DataError(
        f"two different rows have the id {found[0]['id']} in the copy of {date}", where=f"source {source.name!r}",
        hint="a copy has one row of each id: name what tells these apart in id=, or compare fewer columns=",
    )  # fmt: skip
