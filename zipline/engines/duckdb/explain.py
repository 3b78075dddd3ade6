"""What a run would do, as text: the plan, the queries, what is read, and the kernel's steps."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from zipline.dsl.snapshot import Snapshot
from zipline.dsl.window import Window
from zipline.engines.duckdb.events import event_query, resolved, version_rows
from zipline.engines.duckdb.members import Member, members
from zipline.engines.duckdb.span import Span
from zipline.engines.duckdb.tables import Relation
from zipline.engines.duckdb.versions import numbers_sql
from zipline.plan.nodes import Plan, Select, Sweep
from zipline.plan.notes import notes
from zipline.plan.schema import PlanTypes, SweepTypes
from zipline.time import MAX_TIME, MIN_TIME, from_micros


def explained(plan: Plan, types: PlanTypes, relations: Sequence[Sequence[Relation]], given: Relation) -> str:
    """Return the explanation of a plan; nothing but schemas was read for it."""
    lines = ["Plan", *(f"  {line}" for line in _plan(plan, types)), "", f"Observations: {given.title}"]
    lines += [f"  time {plan.time.column}; as of {from_micros(plan.visibility.as_of).isoformat()}"]
    lines += [f"  note: {note}" for note in notes(plan)]
    for number, (sweep, swept, tables) in enumerate(
        zip(plan.sweeps, types.sweeps, relations, strict=True), 1
    ):
        lines += [
            "",
            f"Sweep {number}: {sweep.title} by {', '.join(column for _, column in sweep.keys)}",
        ]
        lines += [f"  {line}" for line in _sweep(plan, sweep, swept, tables)]
    return "\n".join(lines)


def _plan(plan: Plan, types: PlanTypes) -> Iterator[str]:
    yield f"Derive {', '.join(column.name for column in plan.root.columns) or 'nothing'}"
    yield f"  Assemble {len(plan.root.outputs)} features beside the observations"
    for sweep in plan.sweeps:
        keys = ", ".join(f"{source} = {column}" for source, column in sweep.keys)
        yield f"    Sweep {len(sweep.columns)} features on {keys}"
        for select in sweep.inputs:
            yield from _select(select)


def _select(select: Select) -> Iterator[str]:
    source = select.source
    chosen = [f"{name}: {text}" for name, text in select.columns]
    condition = [f"where {select.where}"] if select.where else []
    yield f"      Select {'; '.join([*chosen, *condition]) or 'all'}"
    pushed = f", of ids where {select.input.where}" if select.input.where else ""
    changes = ", where a copy differs from the one before it" if isinstance(source.table, Snapshot) else ""
    yield f"        Versions by {', '.join(source.id) or 'row'}{changes}{pushed}"
    yield f"          Scan {source.name} ({', '.join(select.input.input.columns or ())})"


def _sweep(plan: Plan, sweep: Sweep, types: SweepTypes, tables: Sequence[Relation]) -> Iterator[str]:
    span = Span(MIN_TIME, MAX_TIME)
    sources = members(sweep, types, tables)
    versions = [resolved(plan, member, span, None) for member in sources]
    query = event_query(plan, sweep, sources, versions, "keys", span)
    for member in sources:
        yield from _reading(plan, member, span)
    yield f"SQL: {query.sql}"
    yield "kernel:"
    yield "  sort events and observations by (key, time)"
    windows: dict[Window, list[str]] = {}
    for column in sweep.columns:
        windows.setdefault(column.feature.window, []).append(column.name)
    for window, names in windows.items():
        ranges = "two orders, of entering and of leaving" if sweep.has_knowledge else "one range of events"
        yield f"  window {_window(window)}: {ranges} per observation"
        yield from (f"    {name}: {types.features[name]}" for name in names)


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


def _window(window: Window) -> str:
    parts = [window.label or "lifetime"]
    parts += [f"hop {window.hop_us} us"] if window.hop_us else []
    parts += [f"align {window.align_us} us"] if window.align_us else []
    return ", ".join(parts)
