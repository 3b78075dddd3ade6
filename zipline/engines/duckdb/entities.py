"""The entities of a request's sources: the key values of the events that can be seen at one time."""

from __future__ import annotations

import pyarrow as pa

from zipline.engines.duckdb.database import Database
from zipline.engines.duckdb.events import Span, version_rows
from zipline.engines.duckdb.expressions import to_sql
from zipline.engines.duckdb.sql import quote
from zipline.engines.duckdb.tables import Relation
from zipline.engines.duckdb.unread import of_source
from zipline.engines.duckdb.versions import KNOWN, TIME, UNTIL, look, versions_sql
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
        for source_column, column in sweep.keys:
            kinds.setdefault(column, to_arrow(swept.table[source_column]))
    return pa.schema(list(kinds.items()))


def seen_entities(
    database: Database,
    plan: Plan,
    types: list[SweepTypes],
    relations: list[Relation],
    at: int,
    limit: int | None,
) -> pa.Table:
    """Return the distinct keys of the events seen at a time, in order, one column per key of the observations.

    Args:
        plan: all of its sweeps read the same key columns of the observations.
        types, relations: of each sweep.
        at: microseconds.
        limit: how many to return; all unless given.

    Raises:
        RequestError: two sources hold a key in different types.
    """
    schema = key_schema(plan, types)
    names = ", ".join(quote(name) for name in schema.names)
    found = []
    for sweep, swept, source in zip(plan.sweeps, types, relations, strict=True):
        _check_types(schema, sweep, swept)
        with of_source(database, sweep.source, source):
            seen = _seen_sql(database, plan, sweep, swept, source, at)
            found.append(database.table(f"SELECT {names} FROM ({seen})"))
    every = database.register(pa.concat_tables(found))
    bound = "" if limit is None else f" LIMIT {limit}"
    return database.table(f"SELECT DISTINCT {names} FROM {every} ORDER BY {names}{bound}").cast(schema)


def _check_types(schema: pa.Schema, sweep: Sweep, types: SweepTypes) -> None:
    for source_column, column in sweep.keys:
        kind = to_arrow(types.table[source_column])
        if kind != schema.field(column).type:
            raise RequestError(
                f"the sources hold the key {column!r} as {schema.field(column).type} and as {kind}",
                where=f"source {sweep.source.name!r}", hint="say which entities are meant: entities=...",
            )  # fmt: skip


def _seen_sql(
    database: Database, plan: Plan, sweep: Sweep, types: SweepTypes, source: Relation, at: int
) -> str:
    rows = version_rows(plan, sweep, types, source, Span(MIN_TIME, at))
    versions = versions_sql(rows, look(database, rows), plan.visibility)
    keys = [f"__zl_key_{i} AS {quote(column)}" for i, (_, column) in enumerate(sweep.keys)]
    conditions = [f"{TIME} < {at}", *(f"__zl_key_{i} IS NOT NULL" for i in range(len(sweep.keys)))]
    if not sweep.source.has_knowledge:
        conditions.append(f"{TIME} <= {plan.visibility.as_of}")
    elif not plan.visibility.hindsight:
        conditions.append(f"{KNOWN} < {at}")
        if sweep.source.id:
            conditions.append(f"({UNTIL} IS NULL OR {UNTIL} >= {at})")
    if sweep.input.where is not None:
        conditions.append(to_sql(parse(sweep.input.where), types.table))
    where = " AND ".join(f"({each})" for each in conditions)
    return f"SELECT DISTINCT {', '.join(keys)} FROM ({versions}) WHERE {where}"
