"""Events as SQL: one query per sweep, from its tables to key codes, times, inputs and masks."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from zipline.dsl.snapshot import Snapshot
from zipline.dsl.timestamp import Timestamp
from zipline.engines.duckdb.changes import changes_sql
from zipline.engines.duckdb.database import Database
from zipline.engines.duckdb.expressions import to_sql
from zipline.engines.duckdb.members import Member
from zipline.engines.duckdb.pushdown import bounds_of
from zipline.engines.duckdb.span import Span, pushed
from zipline.engines.duckdb.sql import quote
from zipline.engines.duckdb.times import micros_sql
from zipline.engines.duckdb.versions import (
    DELETED,
    KNOWN,
    TIME,
    UNTIL,
    Looked,
    VersionRows,
    look,
    versions_sql,
)
from zipline.expressions import parse
from zipline.plan.nodes import Plan, Sweep
from zipline.plan.passes import feature_columns


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


def version_rows(plan: Plan, member: Member, span: Span) -> VersionRows:
    """Return the queries from which a source's versions are resolved."""
    types = member.relation.types()
    scanned = _scan(plan, member, member.columns, span)
    complete = _scan(plan, member, tuple(types), span) if member.source.id else scanned
    return VersionRows(member.source, scanned, complete, member.key_names, types, member.repeated)


def resolved(plan: Plan, member: Member, span: Span, database: Database | None) -> str:
    """Return the query of a source's rows that are events at some time.

    Args:
        plan: the request.
        member: the source.
        span: what observations can see.
        database: where to look at the ids; without it the query is the one of which the least is known.
    """
    if isinstance(member.source.table, Snapshot):
        return changes_sql(member, plan.visibility, span)
    rows = version_rows(plan, member, span)
    return versions_sql(rows, look(database, rows) if database else Looked(), plan.visibility)


def event_query(
    plan: Plan, sweep: Sweep, members: Sequence[Member], versions: Sequence[str], keys: str, span: Span
) -> EventQuery:
    """Return the query of a sweep's events.

    Args:
        plan: the request.
        sweep, members: what is swept.
        versions: the query of each member's versions.
        keys: the name of a table of `code` and `key_0`, `key_1`, ...: the only entities that are read.
        span: event times after it are not read.
    """
    names = tuple(feature_columns(sweep.columns))
    masks = tuple(
        dict.fromkeys(c.feature.aggregation.where for c in sweep.columns if c.feature.aggregation.where)
    )
    times = [TIME, *([KNOWN] if sweep.has_knowledge else [])]
    times += [UNTIL] if sweep.has_versions and not plan.visibility.hindsight else []
    queries = (
        _events(plan, member, rows, times, names, masks, keys, span)
        for member, rows in zip(members, versions, strict=True)
    )
    return EventQuery(" UNION ALL ".join(queries), names, masks)


def _events(
    plan: Plan, member: Member, versions: str, times: Sequence[str], names: Sequence[str], masks: Sequence[str],
    keys: str, span: Span,
) -> str:  # fmt: skip
    """Return the query of one source's events, in the columns that all of the sweep's sources have."""
    own = _times(member, plan)
    chosen = _select(member, versions, [*member.key_names, *own], names, masks)
    on = " AND ".join(f"events.{name} = keys.key_{i}" for i, name in enumerate(member.key_names))
    # Beside sources that know more, what has no knowledge time is known as it happens, and never replaced.
    otherwise = {KNOWN: f"events.{TIME} AS {KNOWN}", UNTIL: f"NULL::BIGINT AS {UNTIL}"}
    parts = [
        "keys.code AS code",
        *(f"events.{name}" if name in own else otherwise[name] for name in times),
        *(f"events.{quote(name)}" for name in names),
        *(f"{sql} AS mask_{i}" for i, sql in enumerate(masked(member, masks))),
    ]
    known = "" if member.source.has_knowledge else f" AND events.{TIME} <= {plan.visibility.as_of}"
    return (
        f"SELECT {', '.join(parts)} FROM ({chosen}) AS events JOIN {keys} AS keys ON {on} "
        f"WHERE events.{TIME} IS NOT NULL AND events.{TIME} <= {span.last}{known}"
    )


def _times(member: Member, plan: Plan) -> list[str]:
    if not member.source.has_knowledge:
        return [TIME]
    return [TIME, KNOWN, UNTIL] if member.source.id and not plan.visibility.hindsight else [TIME, KNOWN]


def _scan(plan: Plan, member: Member, columns: Sequence[str], span: Span) -> str:
    source, relation, types = member.source, member.relation, member.types.table
    sql = f"SELECT {named(scanned(member, columns))} FROM {relation.within(bounds_of(plan, member, span))}"
    if not source.id:
        sql = _filtered(sql, pushed(source.event_time, relation.stored[source.event_time.column], span))
    conditions = [f"{quote(column)} IS NOT NULL" for column in source.id]
    if member.select.input.where is not None:
        conditions.append(to_sql(parse(member.select.input.where), types))
    if source.has_knowledge:
        conditions.append(f"{KNOWN} <= {plan.visibility.as_of}")
    return _filtered(f"SELECT * FROM ({sql})", conditions) if conditions else sql


def scanned(
    member: Member, columns: Sequence[str], micros: Callable[[Timestamp, str], str] = micros_sql
) -> dict[str, str]:
    """Return name -> SQL over a source's table: columns, keys, TIME, KNOWN where it has one, DELETED.

    Args:
        member: the source.
        columns: the table's own that are read.
        micros: gives the SQL of a time column, of how it is to be read and the type it is stored in.
    """
    source, relation, types = member.source, member.relation, member.types.table
    parts = {column: relation.widened(column, types[column]) for column in columns}
    for column, name in zip(member.keys, member.key_names, strict=True):
        parts[name] = relation.widened(column, types[column])
    parts[TIME] = micros(source.event_time, relation.stored[source.event_time.column])
    if source.knowledge_time is not None:
        parts[KNOWN] = micros(source.knowledge_time, relation.stored[source.knowledge_time.column])
    elif source.delay_us:
        parts[KNOWN] = f"{parts[TIME]} + {source.delay_us}"
    if source.deleted:
        parts[DELETED] = f"coalesce({quote(source.deleted)}, false)"
    return parts


def named(parts: Mapping[str, str]) -> str:
    """Return what stands after SELECT."""
    return ", ".join(f"{sql} AS {quote(name)}" for name, sql in parts.items())


def _filtered(sql: str, conditions: Sequence[str]) -> str:
    return f"{sql} WHERE {' AND '.join(f'({each})' for each in conditions)}" if conditions else sql


def _select(
    member: Member, versions: str, carried: Sequence[str], names: Sequence[str], masks: Sequence[str]
) -> str:
    """Return the versions with `select`'s columns in place, those that `where` holds for."""
    read = dict.fromkeys([*names, *(column for text in masks for column in parse(text).columns)])
    parts = [*carried, *([named(selected(member, tuple(read)))] if read else [])]
    sql = f"SELECT {', '.join(parts)} FROM ({versions})"
    if member.select.where is not None:
        sql += f" WHERE {to_sql(parse(member.select.where), member.types.table)}"
    return sql


def selected(member: Member, names: Sequence[str]) -> dict[str, str]:
    """Return SQL for columns that aggregations see: what `select` says, or the table's own."""
    texts = dict(member.select.columns)
    return {
        name: to_sql(parse(texts[name]), member.types.table) if name in texts else quote(name)
        for name in names
    }


def masked(member: Member, masks: Sequence[str]) -> list[str]:
    """Return SQL for the features' `where`, over the columns that aggregations see."""
    return [f"coalesce({to_sql(parse(text), member.types.events)}, false)" for text in masks]
