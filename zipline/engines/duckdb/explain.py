"""What a run would do, as text: the plan, the queries, what is read, and the kernel's steps."""

from __future__ import annotations

from collections.abc import Iterator

from zipline.dsl.window import Window
from zipline.engines.duckdb.events import Span, event_query, relation_columns, version_rows
from zipline.engines.duckdb.tables import Relation
from zipline.engines.duckdb.versions import REPEATED, Looked, numbers_sql, versions_sql
from zipline.plan.nodes import Plan, Sweep
from zipline.plan.notes import notes
from zipline.plan.schema import PlanTypes, SweepTypes
from zipline.time import MAX_TIME, MIN_TIME, from_micros


def explained(plan: Plan, types: PlanTypes, relations: list[Relation], given: Relation) -> str:
    """Return the explanation of a plan; nothing but schemas was read for it."""
    lines = ["Plan", *(f"  {line}" for line in _plan(plan, types)), "", f"Observations: {given.title}"]
    lines += [f"  time {plan.time.column}; as of {from_micros(plan.visibility.as_of).isoformat()}"]
    lines += [f"  note: {note}" for note in notes(plan)]
    for number, (sweep, swept, source) in enumerate(
        zip(plan.sweeps, types.sweeps, relations, strict=True), 1
    ):
        lines += [
            "",
            f"Sweep {number}: {sweep.source.name} by {', '.join(column for _, column in sweep.keys)}",
        ]
        lines += [f"  {line}" for line in _sweep(plan, sweep, swept, source)]
    return "\n".join(lines)


def _plan(plan: Plan, types: PlanTypes) -> Iterator[str]:
    yield f"Derive {', '.join(column.name for column in plan.root.columns) or 'nothing'}"
    yield f"  Assemble {len(plan.root.outputs)} features beside the observations"
    for sweep in plan.sweeps:
        select = sweep.input
        keys = ", ".join(f"{source} = {column}" for source, column in sweep.keys)
        yield f"    Sweep {len(sweep.columns)} features on {keys}"
        chosen = [f"{name}: {text}" for name, text in select.columns]
        condition = [f"where {select.where}"] if select.where else []
        yield f"      Select {'; '.join([*chosen, *condition]) or 'all'}"
        pushed = f", of ids where {select.input.where}" if select.input.where else ""
        yield f"        Versions by {', '.join(sweep.source.id) or 'row'}{pushed}"
        yield f"          Scan {sweep.source.name} ({', '.join(select.input.input.columns or ())})"


def _sweep(plan: Plan, sweep: Sweep, types: SweepTypes, source: Relation) -> Iterator[str]:
    span = Span(MIN_TIME, MAX_TIME)
    rows = version_rows(plan, sweep, types, source, span)
    versions = versions_sql(rows, Looked(), plan.visibility)
    query = event_query(plan, sweep, types, versions, "keys", span)
    yield f"reads {source.title}, columns {', '.join(relation_columns(sweep, source))}"
    yield "pushed down: the entities that observations ask for" + (
        "" if sweep.source.id else "; event times that their windows can see (bounds shown open here)"
    )
    if sweep.source.id:
        yield f"{REPEATED}: the ids with several versions, those whose numbers repeat: {numbers_sql(rows)}"
    yield f"SQL: {query.sql}"
    yield "kernel:"
    yield "  sort events and observations by (key, time)"
    windows: dict[Window, list[str]] = {}
    for column in sweep.columns:
        windows.setdefault(column.feature.window, []).append(column.name)
    for window, names in windows.items():
        ranges = (
            "two orders, of entering and of leaving" if sweep.source.has_knowledge else "one range of events"
        )
        yield f"  window {_window(window)}: {ranges} per observation"
        yield from (f"    {name}: {types.features[name]}" for name in names)


def _window(window: Window) -> str:
    parts = [window.label or "lifetime"]
    parts += [f"hop {window.hop_us} us"] if window.hop_us else []
    parts += [f"align {window.align_us} us"] if window.align_us else []
    return ", ".join(parts)
