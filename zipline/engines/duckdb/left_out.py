"""Rows that belong to nobody: counted when asked for, never silently lost."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from zipline.engines.duckdb.database import Database
from zipline.engines.duckdb.sql import quote
from zipline.engines.duckdb.tables import Relation
from zipline.plan.nodes import Plan, Select

UNREADABLE: Final = "(unreadable)"


def count_left_out(
    database: Database, plan: Plan, relations: Sequence[Sequence[Relation]]
) -> Mapping[str, Mapping[str, int]]:
    """Return source -> column -> how many rows a null in that column leaves out, and UNREADABLE where it may skip any.

    A row with several nulls counts for the first of id, knowledge time, event time and keys. A deletion needs no more
    than its id and knowledge time.
    """
    counts: dict[str, dict[str, int]] = {}
    for sweep, tables in zip(plan.sweeps, relations, strict=True):
        keys = [column for column, _ in sweep.keys]
        for select, table in zip(sweep.inputs, tables, strict=True):
            named = counts.setdefault(select.source.name, {})
            for column, count in _of_source(database, select, keys, table).items():
                named[column] = max(count, named.get(column, 0))
    return counts


def _of_source(
    database: Database, select: Select, keys: Sequence[str], relation: Relation
) -> Mapping[str, int]:
    source = select.source
    needed = [*source.id, *([source.knowledge_time.column] if source.knowledge_time else [])]
    whole = [source.event_time.column, *keys]
    deletion = f"coalesce({quote(source.deleted)}, false)" if source.deleted else "false"
    conditions: dict[str, str] = {}
    passed = "true"
    for column in dict.fromkeys([*needed, *whole]):
        missing = f"{quote(column)} IS NULL" + ("" if column in needed else f" AND NOT {deletion}")
        conditions[column] = f"count(*) FILTER (WHERE {passed} AND {missing})"
        passed += f" AND {quote(column)} IS NOT NULL"
    row = database.table(f"SELECT {', '.join(conditions.values())} FROM {relation.sql}")
    counts = {column: row.column(i)[0].as_py() for i, column in enumerate(conditions)}
    if relation.left_out is not None:
        values = database.table(relation.left_out.query)["rows"][0].as_py()
        counts[UNREADABLE] = relation.left_out.lines + values
    return counts
