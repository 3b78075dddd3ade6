"""Versions as SQL: which row of one id is the event's version from when until when."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from zipline.dsl.source import EventSource
from zipline.engines.duckdb.database import Database
from zipline.engines.duckdb.sql import literal, quote
from zipline.errors import DataError
from zipline.plan.nodes import Visibility

TIME, KNOWN, UNTIL, DELETED = "__zl_time", "__zl_known", "__zl_until", "__zl_deleted"


@dataclass(frozen=True)
class VersionRows:
    """What version resolution reads.

    Attributes:
        scanned: a query of the needed columns, with TIME and, where known, KNOWN and DELETED.
        complete: the same with all of the table's columns, read only where rows tie.
        keys: the columns of the entity's keys, as they are called in both.
        others: the table's columns in order of name, as they are called in `complete`.
    """

    scanned: str
    complete: str
    keys: Sequence[str]
    others: Sequence[str]


def versions_sql(database: Database, source: EventSource, rows: VersionRows, visibility: Visibility) -> str:
    """Return a query of the rows that are events at some time, with KNOWN and UNTIL where the source has them.

    A source with an id is looked at first: only ids that occur more than once need their rows ordered.

    Raises:
        DataError: rows of one id differ, and nothing says which came later.
    """
    if not source.id:
        return rows.scanned
    identity = ", ".join(quote(column) for column in source.id)
    repeated = f"SELECT {identity} FROM ({rows.scanned}) GROUP BY {identity} HAVING count(*) > 1"
    database.connection.execute(f"CREATE OR REPLACE TEMP TABLE zl_repeated AS {repeated}")
    if not source.has_knowledge:
        return _without_knowledge(database, source, rows, identity)
    return _by_knowledge(database, source, rows, identity, visibility)


def _without_knowledge(database: Database, source: EventSource, rows: VersionRows, identity: str) -> str:
    """Keep one of exact repeats; two different rows of one id are an error."""
    alive = f"WHERE NOT {DELETED}" if source.deleted else ""
    if not _any(database, "zl_repeated"):
        return f"SELECT * FROM ({rows.scanned}) {alive}"
    columns = ", ".join(quote(column) for column in rows.others)
    distinct = f"SELECT DISTINCT {columns} FROM ({rows.complete}) SEMI JOIN zl_repeated USING ({identity})"
    text = " || ', ' || ".join(f"{literal(column)} || '=' || {quote(column)}::VARCHAR" for column in source.id)
    conflict = database.table(
        f"SELECT {text} AS id FROM ({distinct}) GROUP BY {identity} HAVING count(*) > 1 ORDER BY 1 LIMIT 1"
    )
    if conflict.num_rows:
        raise DataError(
            f"two different rows have the id {conflict['id'][0].as_py()}", where=f"source {source.name!r}",
            hint="declare knowledge_time=, so that the later one corrects the earlier one",
        )  # fmt: skip
    return f"SELECT DISTINCT ON ({identity}) * FROM ({rows.scanned}) {alive}"


def _by_knowledge(
    database: Database, source: EventSource, rows: VersionRows, identity: str, visibility: Visibility
) -> str:
    single = f"SELECT *, NULL::BIGINT AS {UNTIL} FROM ({rows.scanned}) ANTI JOIN zl_repeated USING ({identity})"
    repeated = f"SELECT * FROM ({rows.scanned}) SEMI JOIN zl_repeated USING ({identity})"
    order = [KNOWN]
    if source.sequence:
        order.append(quote(source.sequence))
    if source.deleted:
        order.append(DELETED)
    if _ties(database, repeated, identity, order):
        repeated = f"SELECT * FROM ({rows.complete}) SEMI JOIN zl_repeated USING ({identity})"
        order += [TIME, *(quote(key) for key in rows.keys), *(quote(column) for column in rows.others)]
    ordering = ", ".join(f"{column} ASC NULLS FIRST" for column in order)
    following = f"lead({KNOWN}) OVER (PARTITION BY {identity} ORDER BY {ordering})"
    if source.corrections_us is not None:
        following = f"CASE WHEN {following} - {KNOWN} <= {source.corrections_us} THEN {following} END"
    ordered = f"SELECT *, {following} AS {UNTIL} FROM ({repeated})"
    latest = f"{UNTIL} IS NULL" if visibility.hindsight else f"({UNTIL} IS NULL OR {UNTIL} > {KNOWN})"
    alive = f" AND NOT {DELETED}" if source.deleted else ""
    return f"SELECT * FROM ({single} UNION ALL BY NAME {ordered}) WHERE {latest}{alive}"


def _ties(database: Database, repeated: str, identity: str, order: Sequence[str]) -> bool:
    """Return whether rows of one id are equal in all that orders them, so that the whole rows must be read."""
    found = database.table(
        f"SELECT 1 FROM ({repeated}) GROUP BY {identity}, {', '.join(order)} HAVING count(*) > 1 LIMIT 1"
    )
    return bool(found.num_rows)


def _any(database: Database, table: str) -> bool:
    return bool(database.table(f"SELECT 1 FROM {table} LIMIT 1").num_rows)
