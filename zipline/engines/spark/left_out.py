"""Rows that belong to nobody, on Spark: counted when asked for, never silently lost."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from zipline.engines.duckdb.left_out import UNREADABLE
from zipline.engines.spark.members import Member, members
from zipline.engines.spark.scanning import Wanted
from zipline.engines.spark.sql import quote
from zipline.engines.spark.tables import Relation
from zipline.plan.nodes import Plan
from zipline.plan.schema import PlanTypes


def count_left_out(
    plan: Plan, types: PlanTypes, relations: Sequence[Sequence[Relation]]
) -> Mapping[str, Mapping[str, int]]:
    """Return source -> column -> how many rows a null in that column leaves out, and UNREADABLE where it may skip any.

    A row with several nulls counts for the first of id, knowledge time, event time and keys. A deletion needs no more
    than its id and knowledge time.
    """
    counts: dict[str, dict[str, int]] = {}
    for sweep, swept, tables in zip(plan.sweeps, types.sweeps, relations, strict=True):
        for member in members(sweep, swept, tables):
            named = counts.setdefault(member.source.name, {})
            for column, count in _of_source(member).items():
                named[column] = max(count, named.get(column, 0))
    return counts


def _of_source(member: Member) -> Mapping[str, int]:
    source = member.source
    needed = [*source.id, *([source.knowledge_time.column] if source.knowledge_time else [])]
    columns = tuple(dict.fromkeys([*needed, source.event_time.column, *member.keys]))
    rows = member.relation.scan(Wanted(columns, {}, {}, deleted=source.deleted))
    deletion = "__zl_deleted" if source.deleted else "false"
    conditions = []
    passed = "true"
    for column in columns:
        missing = f"{quote(column)} IS NULL" + ("" if column in needed else f" AND NOT {deletion}")
        conditions.append(f"count_if({passed} AND {missing})")
        passed += f" AND {quote(column)} IS NOT NULL"
    (row,) = rows.selectExpr(*conditions).collect()
    counts = dict(zip(columns, row, strict=True))
    if source.on_error == "skip":
        counts[UNREADABLE] = member.relation.unreadable()
    return counts
