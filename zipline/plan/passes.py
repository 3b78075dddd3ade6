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
    merged: dict[tuple[Select, tuple[tuple[str, str], ...]], Sweep] = {}
    for sweep in plan.sweeps:
        place = (sweep.input, sweep.keys)
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
        select = tuple(pair for pair in sweep.input.columns if pair[0] in used)
        if columns:
            kept.append(replace(sweep, columns=columns, input=replace(sweep.input, columns=select)))
    return _with_sweeps(plan, tuple(kept))


def push_id_filter(plan: Plan) -> Plan:
    """Run a filter that reads nothing but the id before versions are resolved: it keeps or drops all of them."""

    def push(sweep: Sweep) -> Sweep:
        select = sweep.input
        source = select.input.input.source
        if not source.id or select.where is None or not set(parse(select.where).columns) <= set(source.id):
            return sweep
        return replace(
            sweep, input=replace(select, where=None, input=replace(select.input, where=select.where))
        )

    return _with_sweeps(plan, tuple(push(sweep) for sweep in plan.sweeps))


def prune_columns(plan: Plan) -> Plan:
    """Read only the columns that times, keys, versions, expressions and aggregations name."""

    def prune(sweep: Sweep) -> Sweep:
        select = sweep.input
        versions = select.input
        selected = {name for name, _ in select.columns}
        expressions = [text for _, text in select.columns] + [w for w in (select.where, versions.where) if w]
        names = [
            *_own_columns(versions.input.source),
            *versions.keys,
            *(column for text in expressions for column in parse(text).columns),
            *(column for column in feature_columns(sweep.columns) if column not in selected),
        ]
        scan = Scan(versions.input.source, tuple(dict.fromkeys(names)))
        return replace(sweep, input=replace(select, input=replace(versions, input=scan)))

    return _with_sweeps(plan, tuple(prune(sweep) for sweep in plan.sweeps))


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


def _with_sweeps(plan: Plan, sweeps: tuple[Sweep, ...]) -> Plan:
    return replace(plan, root=replace(plan.root, input=replace(plan.root.input, inputs=sweeps)))


PASSES: Final[tuple[Pass, ...]] = (drop_unread, merge_sweeps, push_id_filter, prune_columns)
