"""The entities of a request's sources: the key values of the events that can be seen at one time."""

from __future__ import annotations

from collections.abc import Sequence

import pyarrow as pa

from zipline.engines.duckdb.database import Database
from zipline.engines.duckdb.events import resolved
from zipline.engines.duckdb.expressions import to_sql
from zipline.engines.duckdb.members import Member, members
from zipline.engines.duckdb.span import Span
from zipline.engines.duckdb.sql import quote
from zipline.engines.duckdb.tables import Relation
from zipline.engines.duckdb.unread import of_sources
from zipline.engines.duckdb.versions import KNOWN, TIME, UNTIL
from zipline.errors import RequestError
from zipline.expressions import parse
from zipline.plan.nodes import Plan, Sweep
from zipline.plan.schema import SweepTypes
from zipline.time import MIN_TIME
from zipline.types import to_arrow


def key_schema(plan: Plan, types: list[SweepTypes]) -> pa.Schema:
    """Return the key columns of a plan's observations, each with the type of the first source that reads it."""
    kinds: dict[str, pa.DataType] = {}
    for sweep, swept in zip(plan.sweeps, types, strict=True):
        for (_, column), kind in zip(sweep.keys, swept.keys, strict=True):
            kinds.setdefault(column, to_arrow(kind))
    return pa.schema(list(kinds.items()))


def seen_entities(
    database: Database,
    plan: Plan,
    types: list[SweepTypes],
    relations: Sequence[Sequence[Relation]],
    at: int,
    limit: int | None,
) -> pa.Table:
    """Return the distinct keys of the events seen at a time, in order, one column per key of the observations.

    Args:
        plan: all of its sweeps read the same key columns of the observations.
        types, relations: of each sweep; a relation for each of its sources.
        at: microseconds.
        limit: how many to return; all unless given.

    Raises:
        RequestError: two sources hold a key in different types.
    """
    schema = key_schema(plan, types)
    names = ", ".join(quote(name) for name in schema.names)
    found = []
    for sweep, swept, tables in zip(plan.sweeps, types, relations, strict=True):
        check_key_types(schema, sweep, swept)
        with of_sources(database, sweep.sources, tables):
            for member in members(sweep, swept, tables):
                seen = _seen_sql(database, plan, sweep, member, at)
                found.append(database.table(f"SELECT {names} FROM ({seen})"))
    every = database.register(pa.concat_tables(found))
    bound = "" if limit is None else f" LIMIT {limit}"
    return database.table(f"SELECT DISTINCT {names} FROM {every} ORDER BY {names}{bound}").cast(schema)


def check_key_types(schema: pa.Schema, sweep: Sweep, types: SweepTypes) -> None:
    """Refuse a key that two sources hold in different types."""
    for (_, column), each in zip(sweep.keys, types.keys, strict=True):
        kind = to_arrow(each)
        if kind != schema.field(column).type:
            raise RequestError(
                f"the sources hold the key {column!r} as {schema.field(column).type} and as {kind}",
                where=f"source {sweep.title!r}", hint="say which entities are meant: entities=...",
            )  # fmt: skip


def _seen_sql(database: Database, plan: Plan, sweep: Sweep, member: Member, at: int) -> str:
    versions = resolved(plan, member, Span(MIN_TIME, at), database)
    keys = [f"__zl_key_{i} AS {quote(column)}" for i, (_, column) in enumerate(sweep.keys)]
    conditions = [f"{TIME} < {at}", *(f"__zl_key_{i} IS NOT NULL" for i in range(len(sweep.keys)))]
    if not member.source.has_knowledge:
        conditions.append(f"{TIME} <= {plan.visibility.as_of}")
    elif not plan.visibility.hindsight:
        conditions.append(f"{KNOWN} < {at}")
        if member.source.id:
            conditions.append(f"({UNTIL} IS NULL OR {UNTIL} >= {at})")
    if member.select.where is not None:
        conditions.append(to_sql(parse(member.select.where), member.types.table))
    where = " AND ".join(f"({each})" for each in conditions)
    return f"SELECT DISTINCT {', '.join(keys)} FROM ({versions}) WHERE {where}"
