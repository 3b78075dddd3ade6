"""The entities of a request's sources on Spark: the key values of the events that can be seen at one time."""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce

import pyarrow as pa
from pyspark.sql import DataFrame

from zipline.engines.duckdb.entities import check_key_types, key_schema
from zipline.engines.duckdb.span import Span
from zipline.engines.duckdb.versions import KNOWN, TIME, UNTIL
from zipline.engines.spark.events import resolved
from zipline.engines.spark.expressions import to_sql
from zipline.engines.spark.members import Member, members
from zipline.engines.spark.sql import quote
from zipline.engines.spark.tables import Relation
from zipline.expressions import parse
from zipline.plan.nodes import Plan, Sweep
from zipline.plan.schema import SweepTypes
from zipline.time import MIN_TIME


def seen_entities(
    plan: Plan, types: list[SweepTypes], relations: Sequence[Sequence[Relation]], at: int, limit: int | None
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
    ordered = entity_frame(plan, types, relations, at).orderBy(*(quote(name) for name in schema.names))
    rows = (ordered if limit is None else ordered.limit(limit)).toArrow()
    return pa.table([rows[name].cast(schema.field(name).type) for name in schema.names], schema=schema)


def observed_entities(
    plan: Plan, types: list[SweepTypes], relations: Sequence[Sequence[Relation]], at: int
) -> DataFrame:
    """Return the entities as observations at that time, in no order."""
    keys = [
        f"timestamp_micros({quote(key.name)}) AS {quote(key.name)}"
        if pa.types.is_timestamp(key.type)
        else quote(key.name)
        for key in key_schema(plan, types)
    ]
    time = f"timestamp_micros({at}L) AS {quote(plan.time.column)}"
    return entity_frame(plan, types, relations, at).selectExpr(*keys, time)


def entity_frame(
    plan: Plan, types: list[SweepTypes], relations: Sequence[Sequence[Relation]], at: int
) -> DataFrame:
    """Return the distinct keys of the events seen at a time, in no order; times among them are microseconds."""
    schema = key_schema(plan, types)
    names = [quote(name) for name in schema.names]
    found = []
    for sweep, swept, tables in zip(plan.sweeps, types, relations, strict=True):
        check_key_types(schema, sweep, swept)
        found += [_seen(plan, sweep, member, at).select(*names) for member in members(sweep, swept, tables)]
    return reduce(DataFrame.unionAll, found).distinct()


def _seen(plan: Plan, sweep: Sweep, member: Member, at: int) -> DataFrame:
    rows = resolved(plan, member, Span(MIN_TIME, at), looking=True)
    conditions = [f"{TIME} < {at}L", *(f"{name} IS NOT NULL" for name in member.key_names)]
    if not member.source.has_knowledge:
        conditions.append(f"{TIME} <= {plan.visibility.as_of}L")
    elif not plan.visibility.hindsight:
        conditions.append(f"{KNOWN} < {at}L")
        if member.source.id:
            conditions.append(f"({UNTIL} IS NULL OR {UNTIL} >= {at}L)")
    if member.select.where is not None:
        conditions.append(to_sql(parse(member.select.where), member.types.table))
    keys = zip(member.key_names, sweep.keys, strict=True)
    return rows.where(" AND ".join(f"({each})" for each in conditions)).selectExpr(
        *(f"{name} AS {quote(column)}" for name, (_, column) in keys)
    )
