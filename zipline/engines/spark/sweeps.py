"""One sweep on Spark: events and observations go to the entity's task, in order, where the kernel answers them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from pyspark.sql import DataFrame
from pyspark.sql import types as st

from zipline.engines.duckdb.keys import CANONICAL_INTEGER
from zipline.engines.duckdb.span import span_of
from zipline.engines.duckdb.versions import TIME
from zipline.engines.spark.events import EventFrame, event_frame
from zipline.engines.spark.hot import RANGE, busy_keys, with_ranges_of_events, with_ranges_of_observations
from zipline.engines.spark.members import members
from zipline.engines.spark.observations import Asked
from zipline.engines.spark.sql import literal, quote, spark_type
from zipline.engines.spark.tables import Relation
from zipline.engines.spark.walk import CARRIED, Walk
from zipline.engines.spark.wire import counted, empty_sql, null_sql, spark_of
from zipline.plan.nodes import Plan, Sweep
from zipline.plan.schema import SweepTypes
from zipline.types import DataType


@dataclass(frozen=True)
class Tasks:
    """What one task of a sweep may be given.

    Attributes:
        bytes: of rows that are answered together.
        events: of one key; where it has more, its time is cut into ranges.
        looking: whether jobs may run beforehand, to find out about ids and keys.
    """

    bytes: int
    events: int
    looking: bool


def swept(
    plan: Plan, sweep: Sweep, types: SweepTypes, relations: Sequence[Relation], asked: Asked, tasks: Tasks
) -> Asked:
    """Return the observations with a sweep's features beside their other columns.

    Args:
        plan: the request.
        sweep, types: what is swept.
        relations: the table of each of its sources.
        asked: the observations.
        tasks: what one task may be given.
    """
    span = span_of(sweep, asked.span.first, asked.span.last)
    events = event_frame(plan, sweep, members(sweep, types, relations), span, looking=tasks.looking)
    walk = _walk(plan, sweep, types, events, asked, tasks.bytes)
    happened, observed = _alike(sweep, types, events, asked)
    if tasks.looking and walk.reach_us is not None:
        busy = busy_keys(happened, walk.keys, tasks.events)
        if busy is not None:
            happened = with_ranges_of_events(happened, busy, walk.keys, walk.reach_us)
            observed = with_ranges_of_observations(observed, busy, walk.keys)
            walk = replace(walk, keys=(*walk.keys, RANGE))
    rows = happened.unionAll(observed)
    ordered = rows.repartition(*walk.keys).sortWithinPartitions(*walk.keys, TIME)
    fields = [*asked.frame.schema.fields]
    fields += [st.StructField(name, spark_of(kind)) for name, (_, kind) in walk.features.items()]
    return asked.with_features(ordered.mapInArrow(walk, st.StructType(fields)), types.features)


def _walk(plan: Plan, sweep: Sweep, types: SweepTypes, events: EventFrame, asked: Asked, limit: int) -> Walk:
    windows = [column.feature.window for column in sweep.columns]
    lengths = [each.length_us for each in windows]
    reaches = [(each.length_us or 0) + each.offset_us + each.hop_us + each.align_us for each in windows]
    return Walk(
        keys=tuple(f"key_{i}" for i in range(len(sweep.keys))),
        columns={name: types.sources[0].events[name] for name in events.columns},
        masks=events.masks,
        carried=tuple(asked.frame.columns),
        features={each.name: (each.feature, types.features[each.name]) for each in sweep.columns},
        reach_us=None if None in lengths else max(reaches),
        hindsight=plan.visibility.hindsight,
        limit=limit,
    )


def _alike(sweep: Sweep, types: SweepTypes, events: EventFrame, asked: Asked) -> tuple[DataFrame, DataFrame]:
    """Return events and observations, as rows of one kind."""
    own = {field.name: field.dataType for field in events.frame.schema.fields}
    given = st.ArrayType(asked.frame.schema)
    kinds = {**own, CARRIED: given}
    happened = {name: name for name in own} | {CARRIED: empty_sql(given)}
    carried = ", ".join(f"{literal(name)}, {quote(name)}" for name in asked.frame.columns)
    observed = {TIME: TIME, CARRIED: f"array(named_struct({carried}))"}
    for i, ((_, column), kind) in enumerate(zip(sweep.keys, types.keys, strict=True)):
        observed[f"key_{i}"] = as_source_sql(quote(asked.keys[column]), asked.kinds[column], kind)
    happened_rows, observed_rows = (
        frame.selectExpr(*(f"{parts.get(name) or null_sql(kind)} AS {name}" for name, kind in kinds.items()))
        for frame, parts in ((events.frame, happened), (asked.frame, observed))
    )
    return happened_rows, observed_rows


def as_source_sql(sql: str, have: DataType, want: DataType) -> str:
    """Return SQL for an observation's key in the type of the source's; what cannot be equal to any key is null."""
    target = spark_type(counted(want))
    if have.kind == "null":
        return f"CAST(NULL AS {target})"
    if have == want:
        return sql
    if have.kind == "decimal":
        return f"CASE WHEN try_cast({sql} AS {target}) = {sql} THEN try_cast({sql} AS {target}) END"
    if have.kind == "string" and want.kind == "int64":
        whole = literal(CANONICAL_INTEGER.replace("^", r"\A").replace("$", r"\z"))
        return f"CASE WHEN {sql} RLIKE {whole} THEN try_cast({sql} AS BIGINT) END"
    return f"CAST({sql} AS {target})"
