"""Pushdown: what a run wants of a source's rows, for tables that DuckDB does not read itself."""

from __future__ import annotations

from collections.abc import Iterator

import pyarrow as pa

from zipline.engines.duckdb.members import Member
from zipline.engines.duckdb.readers.bounds import MOST_VALUES, Bound, condition_bounds, time_bounds
from zipline.engines.duckdb.span import Span
from zipline.expressions import parse
from zipline.plan.nodes import Plan
from zipline.time import MIN_TIME


def bounds_of(plan: Plan, member: Member, span: Span) -> tuple[Bound, ...]:
    """Return what every row that matters meets, before versions are resolved.

    Where rows have ids, an entity, an event time or a condition may be another version's: only what compares ids, or
    says what is known, holds for all of them.
    """
    return tuple(_bounds(plan, member, span))


def _bounds(plan: Plan, member: Member, span: Span) -> Iterator[Bound]:
    source, kinds = member.source, member.relation.arrow
    conditions = [member.select.input.where]
    if source.knowledge_time is not None:
        kind = kinds.field(source.knowledge_time.column).type
        yield from time_bounds(source.knowledge_time, kind, MIN_TIME, plan.visibility.as_of)
    if not source.id:
        conditions.append(member.select.where)
        last = span.last if source.has_knowledge else min(span.last, plan.visibility.as_of)
        kind = kinds.field(source.event_time.column).type
        yield from time_bounds(source.event_time, kind, span.first, last)
        for column, values in zip(member.keys, span.keys, strict=False):
            yield from _among(column, values)
    for condition in conditions:
        if condition is not None:
            yield from condition_bounds(parse(condition).resolve(member.types.table))


def _among(column: str, values: pa.ChunkedArray) -> Iterator[Bound]:
    """Yield which entities are asked for, where they are few, else between which they lie."""
    if not (pa.types.is_integer(values.type) or pa.types.is_string(values.type)) or not len(values):
        return
    if len(values) <= MOST_VALUES:
        yield Bound(column, "in", tuple(sorted(set(values.to_pylist()))))
    elif pa.types.is_integer(values.type):
        edges = pa.compute.min_max(values).as_py()
        yield Bound(column, ">=", (edges["min"],))
        yield Bound(column, "<=", (edges["max"],))
