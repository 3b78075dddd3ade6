"""Events on Spark: one DataFrame for each sweep, from its tables to keys, times, inputs and masks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import reduce

from pyspark.sql import DataFrame

from zipline.dsl.snapshot import Snapshot
from zipline.engines.duckdb.span import Span
from zipline.engines.duckdb.versions import KNOWN, TIME, UNTIL
from zipline.engines.spark.changes import changes
from zipline.engines.spark.expressions import to_sql
from zipline.engines.spark.members import Member
from zipline.engines.spark.scanning import Bound
from zipline.engines.spark.sql import quote
from zipline.engines.spark.versions import scanned, versions
from zipline.expressions import parse
from zipline.plan.nodes import Plan, Sweep
from zipline.plan.passes import feature_columns


@dataclass(frozen=True)
class EventFrame:
    """A sweep's events.

    Attributes:
        frame: of `key_0`, `key_1`, ..., then `times`, `event_0`, ... for `columns`, and a boolean `mask_0`, ... for
            each of `masks`.
        times: TIME, and KNOWN and UNTIL where there are any.
        columns: those that features read.
        masks: the texts of the features' `where`.
    """

    frame: DataFrame
    times: tuple[str, ...]
    columns: tuple[str, ...]
    masks: tuple[str, ...]


def resolved(plan: Plan, member: Member, span: Span, *, looking: bool) -> DataFrame:
    """Return a source's rows that are events at some time.

    Args:
        plan: the request.
        member: the source.
        span: what observations can see.
        looking: whether jobs may run to find out about its ids.
    """
    if isinstance(member.source.table, Snapshot):
        return changes(member, plan.visibility, span.last)
    if member.source.id:
        return versions(plan, member, looking=looking)
    within = Bound(member.source.event_time, span.first, span.last)
    return scanned(plan, member, member.columns, (within,))


def event_frame(
    plan: Plan, sweep: Sweep, members: Sequence[Member], span: Span, *, looking: bool
) -> EventFrame:
    """Return a sweep's events.

    Args:
        plan: the request.
        sweep, members: what is swept.
        span: event times beyond it are not read.
        looking: whether jobs may run to find out about ids.
    """
    aggregations = [column.feature.aggregation for column in sweep.columns]
    inputs = {name for each in aggregations for name in (*each.columns, each.by)}
    names = tuple(name for name in feature_columns(sweep.columns) if name in inputs)
    masks = tuple(dict.fromkeys(each.where for each in aggregations if each.where))
    times = [TIME, *([KNOWN] if sweep.has_knowledge else [])]
    times += [UNTIL] if sweep.has_versions and not plan.visibility.hindsight else []
    frames = [
        _events(plan, member, resolved(plan, member, span, looking=looking), times, names, masks, span)
        for member in members
    ]
    return EventFrame(reduce(DataFrame.unionAll, frames), tuple(times), names, masks)


def _events(
    plan: Plan, member: Member, rows: DataFrame, times: Sequence[str], names: Sequence[str],
    masks: Sequence[str], span: Span,
) -> DataFrame:  # fmt: skip
    """Return one source's events, in the columns that all of the sweep's sources have."""
    own = own_times(member, plan)
    if member.select.where is not None:
        rows = rows.where(to_sql(parse(member.select.where), member.types.table))
    read = dict.fromkeys([*names, *(column for text in masks for column in parse(text).columns)])
    carried = [*member.key_names, *own]
    rows = rows.selectExpr(*carried, *(f"{_selected(member, name)} AS {quote(name)}" for name in read))
    # Beside sources that know more, what has no knowledge time is known as it happens, and never replaced.
    otherwise = {KNOWN: f"{TIME} AS {KNOWN}", UNTIL: f"CAST(NULL AS BIGINT) AS {UNTIL}"}
    parts = [
        *(f"{name} AS key_{i}" for i, name in enumerate(member.key_names)),
        *(name if name in own else otherwise[name] for name in times),
        *(f"{quote(name)} AS event_{i}" for i, name in enumerate(names)),
        *(
            f"coalesce({to_sql(parse(text), member.types.events)}, false) AS mask_{i}"
            for i, text in enumerate(masks)
        ),
    ]
    last = span.last if member.source.has_knowledge else min(span.last, plan.visibility.as_of)
    conditions = [
        f"{TIME} BETWEEN {span.first}L AND {last}L",
        *(f"{name} IS NOT NULL" for name in member.key_names),
    ]
    return rows.where(" AND ".join(conditions)).selectExpr(*parts)


def own_times(member: Member, plan: Plan) -> list[str]:
    """Return which of TIME, KNOWN and UNTIL a source's versions have."""
    if not member.source.has_knowledge:
        return [TIME]
    return [TIME, KNOWN, UNTIL] if member.source.id and not plan.visibility.hindsight else [TIME, KNOWN]


def _selected(member: Member, name: str) -> str:
    """Return SQL for a column that aggregations see: what `select` says, or the table's own."""
    texts = dict(member.select.columns)
    return to_sql(parse(texts[name]), member.types.table) if name in texts else quote(name)
