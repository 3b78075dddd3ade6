"""The passes over a plan: pure functions from plan to plan, in a tuple."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Final, TypeAlias

from zipline.dsl.source import EventSource
from zipline.expressions import parse
from zipline.plan.nodes import Column, Plan, Scan, Select, Sweep

Pass: TypeAlias = Callable[[Plan], Plan]


def optimize(plan: Plan) -> Plan:
    """Return the plan after every pass."""
    for each in PASSES:
        plan = each(plan)
    return plan


def merge_sweeps(plan: Plan) -> Plan:
    """Answer views over the same events with the same keys in one sweep: one scan, one sort."""
    merged: dict[tuple[tuple[Select, ...], tuple[tuple[str, str], ...]], Sweep] = {}
    for sweep in plan.sweeps:
        place = (sweep.inputs, sweep.keys)
        before = merged.get(place)
        columns = (before.columns if before else ()) + sweep.columns
        merged[place] = replace(sweep, columns=tuple(dict.fromkeys(columns)))
    return _with_sweeps(plan, tuple(merged.values()))


def drop_unread(plan: Plan) -> Plan:
    """Drop features that no output and no derived column reads, and selects that no feature reads."""
    read = set(plan.root.outputs) | {source for each in plan.root.columns for _, source in each.columns}
    kept = []
    for sweep in plan.sweeps:
        columns = tuple(column for column in sweep.columns if column.name in read)
        used = feature_columns(columns)
        inputs = tuple(
            replace(each, columns=tuple(pair for pair in each.columns if pair[0] in used))
            for each in sweep.inputs
        )
        if columns:
            kept.append(replace(sweep, columns=columns, inputs=inputs))
    return _with_sweeps(plan, tuple(kept))


def push_id_filter(plan: Plan) -> Plan:
    """Run a filter that reads nothing but the id before versions are resolved: it keeps or drops all of them."""

    def push(select: Select, sweep: Sweep) -> Select:
        source = select.source
        if not source.id or select.where is None or not set(parse(select.where).columns) <= set(source.id):
            return select
        return replace(select, where=None, input=replace(select.input, where=select.where))

    return _with_inputs(plan, push)


def prune_columns(plan: Plan) -> Plan:
    """Read only the columns that times, keys, versions, expressions and aggregations name."""

    def prune(select: Select, sweep: Sweep) -> Select:
        versions = select.input
        selected = {name for name, _ in select.columns}
        expressions = [text for _, text in select.columns] + [w for w in (select.where, versions.where) if w]
        names = [
            *_own_columns(select.source),
            *versions.keys,
            *(column for text in expressions for column in parse(text).columns),
            *(column for column in feature_columns(sweep.columns) if column not in selected),
        ]
        scan = Scan(select.source, tuple(dict.fromkeys(names)))
        return replace(select, input=replace(versions, input=scan))

    return _with_inputs(plan, prune)


def feature_columns(columns: tuple[Column, ...]) -> list[str]:
    """Return the columns of the selected events that features read, in order of first use."""
    names: list[str] = []
    for column in columns:
        aggregation = column.feature.aggregation
        several = isinstance(aggregation.column, tuple)
        names += [each for each in aggregation.columns if not (several and each == "event_time")]
        names += parse(aggregation.where).columns if aggregation.where else ()
        names += [aggregation.by] if aggregation.by else []
    return list(dict.fromkeys(names))


def _own_columns(source: EventSource) -> list[str]:
    knowledge = [source.knowledge_time.column] if source.knowledge_time else []
    marks = [mark for mark in (source.deleted, source.sequence) if mark]
    return [source.event_time.column, *knowledge, *source.id, *marks]


def _with_inputs(plan: Plan, change: Callable[[Select, Sweep], Select]) -> Plan:
    """Change each source of each sweep by itself."""
    sweeps = (
        replace(sweep, inputs=tuple(change(each, sweep) for each in sweep.inputs)) for sweep in plan.sweeps
    )
    return _with_sweeps(plan, tuple(sweeps))


def _with_sweeps(plan: Plan, sweeps: tuple[Sweep, ...]) -> Plan:
    return replace(plan, root=replace(plan.root, input=replace(plan.root.input, inputs=sweeps)))


PASSES: Final[tuple[Pass, ...]] = (drop_unread, merge_sweeps, push_id_filter, prune_columns)
