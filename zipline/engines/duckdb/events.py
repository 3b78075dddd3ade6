"""Events as SQL: one query per sweep, from the table to key codes, times, inputs and masks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from zipline.dsl.timestamp import Timestamp
from zipline.engines.duckdb.expressions import to_sql
from zipline.engines.duckdb.sql import quote
from zipline.engines.duckdb.tables import Relation
from zipline.engines.duckdb.times import micros_sql
from zipline.engines.duckdb.versions import DELETED, KNOWN, TIME, UNTIL, VersionRows
from zipline.expressions import parse
from zipline.plan.nodes import Plan, Sweep
from zipline.plan.passes import feature_columns
from zipline.plan.schema import SweepTypes
from zipline.time import MIN_TIME


@dataclass(frozen=True)
class Span:
    """The event times that some observation of a request can see: `[first, last]` in microseconds."""

    first: int
    last: int


@dataclass(frozen=True)
class EventQuery:
    """A sweep's events as a query.

    Attributes:
        sql: gives `code`, TIME, KNOWN, UNTIL, then `columns`, then a boolean `mask_i` for each of `masks`.
        columns: the columns that features read.
        masks: the texts of the features' `where`.
    """

    sql: str
    columns: tuple[str, ...]
    masks: tuple[str, ...]


def span_of(sweep: Sweep, first: int, last: int) -> Span:
    """Return the event times that observations from `first` to `last` can see through the sweep's windows."""
    reach = 0
    for column in sweep.columns:
        window = column.feature.window
        if window.length_us is None:
            return Span(MIN_TIME, last)
        reach = max(reach, window.length_us + window.offset_us + window.hop_us + window.align_us)
    return Span(max(MIN_TIME, first - reach), last)


def version_rows(plan: Plan, sweep: Sweep, types: SweepTypes, relation: Relation, span: Span) -> VersionRows:
    """Return the queries from which a sweep's versions are resolved."""
    scanned = _scan(plan, sweep, types, relation, relation_columns(sweep, relation), span)
    complete = (
        _scan(plan, sweep, types, relation, tuple(relation.types()), span) if sweep.source.id else scanned
    )
    return VersionRows(sweep.source, scanned, complete, _key_names(sweep), relation.types())


def event_query(
    plan: Plan, sweep: Sweep, types: SweepTypes, versions: str, keys: str, span: Span
) -> EventQuery:
    """Return the query of a sweep's events.

    Args:
        plan: the request.
        sweep, types: what is swept.
        versions: the query of the versions.
        keys: the name of a table of `code` and `key_0`, `key_1`, ...: the only entities that are read.
        span: event times after it are not read.
    """
    names = tuple(feature_columns(sweep.columns))
    masks = tuple(
        dict.fromkeys(c.feature.aggregation.where for c in sweep.columns if c.feature.aggregation.where)
    )
    times = _times(sweep, plan)
    selected = _select(sweep, types, versions, [*_key_names(sweep), *times], names, masks)
    on = " AND ".join(f"events.{name} = keys.key_{i}" for i, name in enumerate(_key_names(sweep)))
    parts = [
        "keys.code AS code",
        *(f"events.{name}" for name in times),
        *(f"events.{quote(name)}" for name in names),
        *(
            f"coalesce({to_sql(parse(text), types.events)}, false) AS mask_{i}"
            for i, text in enumerate(masks)
        ),
    ]
    known = "" if sweep.source.has_knowledge else f" AND events.{TIME} <= {plan.visibility.as_of}"
    return EventQuery(
        f"SELECT {', '.join(parts)} FROM ({selected}) AS events JOIN {keys} AS keys ON {on} "
        f"WHERE events.{TIME} IS NOT NULL AND events.{TIME} <= {span.last}{known}",
        names,
        masks,
    )


def _key_names(sweep: Sweep) -> list[str]:
    return [f"__zl_key_{i}" for i in range(len(sweep.keys))]


def relation_columns(sweep: Sweep, relation: Relation) -> tuple[str, ...]:
    """Return the table's columns that the plan reads."""
    columns = sweep.input.input.input.columns
    return tuple(relation.types()) if columns is None else columns


def _times(sweep: Sweep, plan: Plan) -> list[str]:
    if not sweep.source.has_knowledge:
        return [TIME]
    return [TIME, KNOWN, UNTIL] if sweep.source.id and not plan.visibility.hindsight else [TIME, KNOWN]


def _scan(
    plan: Plan, sweep: Sweep, types: SweepTypes, relation: Relation, columns: Sequence[str], span: Span
) -> str:
    source = sweep.source
    time = micros_sql(source.event_time, relation.stored[source.event_time.column])
    parts = [f"{relation.widened(column, types.table[column])} AS {quote(column)}" for column in columns]
    parts += [f"{relation.widened(c, types.table[c])} AS __zl_key_{i}" for i, (c, _) in enumerate(sweep.keys)]
    parts.append(f"{time} AS {TIME}")
    if source.knowledge_time is not None:
        stored = relation.stored[source.knowledge_time.column]
        parts.append(f"{micros_sql(source.knowledge_time, stored)} AS {KNOWN}")
    elif source.delay_us:
        parts.append(f"{time} + {source.delay_us} AS {KNOWN}")
    if source.deleted:
        parts.append(f"coalesce({quote(source.deleted)}, false) AS {DELETED}")
    sql = f"SELECT {', '.join(parts)} FROM {relation.sql}"
    if not source.id:
        sql = _filtered(sql, _pushed(source.event_time, relation.stored[source.event_time.column], span))
    conditions = [f"{quote(column)} IS NOT NULL" for column in source.id]
    if sweep.input.input.where is not None:
        conditions.append(to_sql(parse(sweep.input.input.where), types.table))
    if source.has_knowledge:
        conditions.append(f"{KNOWN} <= {plan.visibility.as_of}")
    return _filtered(f"SELECT * FROM ({sql})", conditions) if conditions else sql


def _filtered(sql: str, conditions: Sequence[str]) -> str:
    return f"{sql} WHERE {' AND '.join(f'({each})' for each in conditions)}" if conditions else sql


def _pushed(time: Timestamp, stored: str, span: Span) -> list[str]:
    """Return conditions on the stored column itself, by which files and row groups are skipped unread."""
    column = quote(time.column)
    if time.zone is not None:
        return []
    if time.unit is not None:
        per_second = {"s": 1, "ms": 1_000, "us": 1_000_000, "ns": 1_000_000_000}[time.unit]
        first, last = (bound * per_second // 1_000_000 for bound in (span.first, span.last))
        return [f"{column} >= {first}", f"{column} <= {last + 1}"]
    if stored == "DATE":
        return [
            f"{column} >= make_timestamp({span.first})::DATE",
            f"{column} <= make_timestamp({span.last})::DATE",
        ]
    if stored == "TIMESTAMP":
        return [f"{column} >= make_timestamp({span.first})", f"{column} <= make_timestamp({span.last})"]
    if stored == "TIMESTAMP WITH TIME ZONE":
        return [f"{column} >= make_timestamptz({span.first})", f"{column} <= make_timestamptz({span.last})"]
    return []


def _select(
    sweep: Sweep,
    types: SweepTypes,
    versions: str,
    carried: Sequence[str],
    names: Sequence[str],
    masks: Sequence[str],
) -> str:
    """Return the versions with `select`'s columns in place, those that `where` holds for."""
    selected = dict(sweep.input.columns)
    read = dict.fromkeys([*names, *(column for text in masks for column in parse(text).columns)])
    parts = list(carried)
    for name in read:
        text = selected.get(name)
        parts.append(f"{to_sql(parse(text), types.table)} AS {quote(name)}" if text else quote(name))
    sql = f"SELECT {', '.join(parts)} FROM ({versions})"
    if sweep.input.where is not None:
        sql += f" WHERE {to_sql(parse(sweep.input.where), types.table)}"
    return sql
