"""Rows that belong to nobody: counted when asked for, never silently lost."""

from __future__ import annotations

from collections.abc import Mapping

from zipline.engines.duckdb.database import Database
from zipline.engines.duckdb.sql import quote
from zipline.engines.duckdb.tables import Relation
from zipline.plan.nodes import Plan, Sweep


def count_left_out(
    database: Database, plan: Plan, relations: list[Relation]
) -> Mapping[str, Mapping[str, int]]:
    """Return source -> column -> how many rows a null in that column leaves out.

    A row with several nulls counts for the first of id, knowledge time, event time and keys. A deletion needs no more
    than its id and knowledge time.
    """
    counts: dict[str, dict[str, int]] = {}
    for sweep, relation in zip(plan.sweeps, relations, strict=True):
        named = counts.setdefault(sweep.source.name, {})
        for column, count in _of_sweep(database, sweep, relation).items():
            named[column] = max(count, named.get(column, 0))
    return counts


def _of_sweep(database: Database, sweep: Sweep, relation: Relation) -> Mapping[str, int]:
    source = sweep.source
    needed = [*source.id, *([source.knowledge_time.column] if source.knowledge_time else [])]
    whole = [source.event_time.column, *(column for column, _ in sweep.keys)]
    deletion = f"coalesce({quote(source.deleted)}, false)" if source.deleted else "false"
    conditions: dict[str, str] = {}
    passed = "true"
    for column in dict.fromkeys([*needed, *whole]):
        missing = f"{quote(column)} IS NULL" + ("" if column in needed else f" AND NOT {deletion}")
        conditions[column] = f"count(*) FILTER (WHERE {passed} AND {missing})"
        passed += f" AND {quote(column)} IS NOT NULL"
    row = database.table(f"SELECT {', '.join(conditions.values())} FROM {relation.sql}")
    return {column: row.column(i)[0].as_py() for i, column in enumerate(conditions)}
