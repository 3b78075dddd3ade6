"""What a run would do, as text: the plan, the queries, what is read, and the kernel's steps."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from zipline.dsl.snapshot import Snapshot
from zipline.engines.duckdb.events import event_query, resolved, version_rows
from zipline.engines.duckdb.members import Member, members
from zipline.engines.duckdb.span import Span
from zipline.engines.duckdb.tables import Relation
from zipline.engines.duckdb.versions import numbers_sql
from zipline.plan.explained import kernel_lines, plan_lines, sweep_title
from zipline.plan.nodes import Plan, Sweep
from zipline.plan.schema import PlanTypes, SweepTypes
from zipline.time import MAX_TIME, MIN_TIME


def explained(plan: Plan, types: PlanTypes, relations: Sequence[Sequence[Relation]], given: Relation) -> str:
    """Return the explanation of a plan; nothing but schemas was read for it."""
    lines = [*plan_lines(plan, given.title)]
    for number, (sweep, swept, tables) in enumerate(
        zip(plan.sweeps, types.sweeps, relations, strict=True), 1
    ):
        lines += ["", sweep_title(number, sweep)]
        lines += [f"  {line}" for line in _sweep(plan, sweep, swept, tables)]
    return "\n".join(lines)


def _sweep(plan: Plan, sweep: Sweep, types: SweepTypes, tables: Sequence[Relation]) -> Iterator[str]:
    span = Span(MIN_TIME, MAX_TIME)
    sources = members(sweep, types, tables)
    versions = [resolved(plan, member, span, None) for member in sources]
    query = event_query(plan, sweep, sources, versions, "keys", span)
    for member in sources:
        yield from _reading(plan, member, span)
    yield f"SQL: {query.sql}"
    yield from kernel_lines(sweep, types)


def _reading(plan: Plan, member: Member, span: Span) -> Iterator[str]:
    """Say what is read of one source, and what is known before."""
    source = member.source
    yield f"reads {member.relation.title}, columns {', '.join(member.columns)}"
    asked = "pushed down: the entities that observations ask for"
    if isinstance(source.table, Snapshot):
        compared = ", ".join(source.table.compared(tuple(member.relation.types())))
        yield f"{asked}; copies that they may know of (bounds shown open here)"
        yield f"a row is a version where one of these changes: {compared or 'nothing but that it is there'}"
    elif source.id:
        yield asked
        numbers = numbers_sql(version_rows(plan, member, span))
        yield f"{member.repeated}: the ids with several versions, those whose numbers repeat: {numbers}"
    else:
        yield f"{asked}; event times that their windows can see (bounds shown open here)"
