"""Versions on Spark: which row of one id is the event's version from when until when."""

from __future__ import annotations

from dataclasses import dataclass

from pyspark.sql import DataFrame
from pyspark.sql.functions import expr

from zipline.engines.duckdb.versions import DELETED, KNOWN, TIME, UNTIL
from zipline.engines.spark.expressions import to_sql
from zipline.engines.spark.members import Member
from zipline.engines.spark.scanning import Bound, wanted_of
from zipline.engines.spark.sql import literal, quote
from zipline.errors import DataError
from zipline.expressions import parse
from zipline.plan.nodes import Plan, Visibility
from zipline.time import MIN_TIME


@dataclass(frozen=True)
class Looked:
    """What a look at the ids found.

    Attributes:
        repeated: some id occurs more than once, as far as is known.
        tied: rows of one id are equal in all that orders them, so that whole rows must be read to order them.
    """

    repeated: bool = True
    tied: bool = False


def scanned(plan: Plan, member: Member, columns: tuple[str, ...], bounds: tuple[Bound, ...]) -> DataFrame:
    """Return those rows of a source that are known in time and belong to an id."""
    source = member.source
    if source.knowledge_time is not None:
        bounds = (*bounds, Bound(source.knowledge_time, MIN_TIME, plan.visibility.as_of))
    rows = member.relation.scan(wanted_of(source, columns, member.key_names, bounds))
    for column in source.id:
        rows = rows.where(f"{quote(column)} IS NOT NULL")
    if member.select.input.where is not None:
        rows = rows.where(to_sql(parse(member.select.input.where), member.types.table))
    return rows.where(f"{KNOWN} <= {plan.visibility.as_of}L") if source.has_knowledge else rows


def versions(plan: Plan, member: Member, *, looking: bool) -> DataFrame:
    """Return a source's rows that are events at some time, with KNOWN and UNTIL where it has them.

    Args:
        plan: the request.
        member: the source, which has an id.
        looking: whether its ids may be looked at, which takes a job; nothing is known of them otherwise.

    Raises:
        DataError: rows of one id differ, and nothing says which came later.
    """
    source = member.source
    rows = scanned(plan, member, member.columns, ())
    alive = f"NOT {DELETED}" if source.deleted else "true"
    looked = _look(plan, member, rows) if looking else Looked()
    if not source.has_knowledge:
        return (rows.dropDuplicates(list(source.id)) if looked.repeated else rows).where(alive)
    if not looked.repeated:
        return rows.selectExpr("*", f"CAST(NULL AS BIGINT) AS {UNTIL}").where(alive)
    whole = scanned(plan, member, tuple(member.relation.types()), ()) if looked.tied else rows
    return _ordered(member, whole, looked).where(f"{_latest(plan.visibility)} AND {alive}")


def _latest(visibility: Visibility) -> str:
    return f"{UNTIL} IS NULL" if visibility.hindsight else f"({UNTIL} IS NULL OR {UNTIL} > {KNOWN})"


def _order(member: Member) -> list[str]:
    """Return what orders the rows of one id, short of reading them whole."""
    source = member.source
    sequence = [quote(source.sequence)] if source.sequence else []
    return [KNOWN, *sequence, *([DELETED] if source.deleted else [])]


def _look(plan: Plan, member: Member, rows: DataFrame) -> Looked:
    source = member.source
    identity = [quote(column) for column in source.id]
    order = _order(member) if source.has_knowledge else []
    alike = rows.groupBy(*dict.fromkeys([*identity, *order])).agg(expr("count(*) AS zl_rows"))
    ids = alike.groupBy(*identity).agg(expr("max(zl_rows) AS zl_rows"), expr("count(*) AS zl_orders"))
    ((rows_of, orders_of),) = ids.selectExpr(
        "coalesce(max(zl_rows), 0L)", "coalesce(max(zl_orders), 0L)"
    ).collect()
    repeated = rows_of > 1 or orders_of > 1
    if not source.has_knowledge and repeated:
        _refuse_conflicts(plan, member)
    return Looked(repeated, source.has_knowledge and rows_of > 1)


def _refuse_conflicts(plan: Plan, member: Member) -> None:
    """Refuse rows that differ and have one id."""
    source, types = member.source, member.relation.types()
    rows = scanned(plan, member, tuple(types), ()).select(*(quote(name) for name in types)).distinct()
    identity = [quote(column) for column in source.id]
    shown = ", ', ', ".join(
        f"concat({literal(f'{column}=')}, CAST({quote(column)} AS STRING))" for column in source.id
    )
    conflict = rows.groupBy(*identity).count().where("count > 1").selectExpr(f"concat({shown}) AS id")
    found = conflict.orderBy("id").head(1)
    if found:
        raise DataError(
            f"two different rows have the id {found[0]['id']}", where=f"source {source.name!r}",
            hint="declare knowledge_time=, so that the later one corrects the earlier one",
        )  # fmt: skip


def _ordered(member: Member, rows: DataFrame, looked: Looked) -> DataFrame:
    """Return the rows, each with the time from which the next version of its id replaces it."""
    source = member.source
    order = _order(member)
    if looked.tied:
        order += [TIME, *member.key_names, *(quote(name) for name in sorted(member.relation.types()))]
    by = ", ".join(f"{column} ASC NULLS FIRST" for column in dict.fromkeys(order))
    identity = ", ".join(quote(column) for column in source.id)
    until = f"lead({KNOWN}) OVER (PARTITION BY {identity} ORDER BY {by})"
    versions = rows.selectExpr("*", f"{until} AS {UNTIL}")
    if source.corrections_us is None:
        return versions
    bounded = f"CASE WHEN {UNTIL} - {KNOWN} <= {source.corrections_us}L THEN {UNTIL} END"
    return versions.withColumn(UNTIL, expr(bounded))
