"""Changes on Spark: a snapshot's copies as versions of its rows, from the copy that brings one to the one that ends it.

Copies are numbered by their dates. A row that follows an equal one of its id in the copy before goes on with it; what
goes on from copy to copy is one version, which ends where the copy after its last begins.
"""

from __future__ import annotations

from pyspark.sql import DataFrame, functions

from zipline.dsl.snapshot import Snapshot
from zipline.engines.duckdb.versions import KNOWN, TIME, UNTIL
from zipline.engines.spark.expressions import to_sql
from zipline.engines.spark.members import Member
from zipline.engines.spark.scanning import Bound, Wanted
from zipline.engines.spark.sql import literal, quote
from zipline.expressions import parse
from zipline.plan.nodes import Visibility
from zipline.time import MAX_TIME, MIN_TIME

_DATE, _NUMBER, _NEXT, _RUN = "__zl_date", "__zl_number", "__zl_following", "__zl_run"


def changes(member: Member, visibility: Visibility, last_seen: int) -> DataFrame:
    """Return the versions, with TIME, KNOWN and UNTIL.

    Args:
        member: the source.
        visibility: of the request.
        last_seen: the last moment at which something is asked, in microseconds: copies known later are not read.
    """
    snapshot = snapshot_of(member)
    known = visibility.as_of if visibility.hindsight else min(visibility.as_of, last_seen)
    rows = _rows(member, known - snapshot.delay_us)
    copies = _copies(rows)
    runs = _runs(member, rows.join(functions.broadcast(copies.select(TIME, _NUMBER)), TIME))
    begins = copies.select(
        functions.col(TIME), functions.col(_DATE), functions.col(_NUMBER).alias("__zl_first")
    )
    ends = copies.select(functions.col(_NEXT), functions.col(_NUMBER).alias("__zl_last"))
    joined = runs.join(functions.broadcast(begins), "__zl_first").join(functions.broadcast(ends), "__zl_last")
    name = snapshot.date.column
    parts = [f"{_own(column, name)} AS {quote(column)}" for column in member.columns]
    parts += [f"{_own(column, name)} AS {key}" for key, column in member.key_names.items()]
    parts += [TIME, f"{TIME} + {snapshot.delay_us}L AS {KNOWN}", f"{_NEXT} + {snapshot.delay_us}L AS {UNTIL}"]
    return (joined.where(f"{_NEXT} IS NULL") if visibility.hindsight else joined).selectExpr(*parts)


def snapshot_of(member: Member) -> Snapshot:
    """Return the snapshot that a source reads."""
    assert isinstance(member.source.table, Snapshot)
    return member.source.table


def _own(column: str, date: str) -> str:
    return _DATE if column == date else quote(column)


def _rows(member: Member, last: int) -> DataFrame:
    """Return the copies' rows: their id, what is compared, their date and its time."""
    snapshot = snapshot_of(member)
    columns = _compared(member)
    bound = Bound(snapshot.date, MIN_TIME, min(max(last, MIN_TIME), MAX_TIME))
    wanted = Wanted(columns, {_DATE: snapshot.date.column}, {TIME: snapshot.date}, bounds=(bound,))
    return member.relation.scan(wanted).where(f"{TIME} <= {last}L")


def _compared(member: Member) -> tuple[str, ...]:
    snapshot = snapshot_of(member)
    return (*snapshot.id, *snapshot.compared(tuple(member.relation.types())))


def _copies(rows: DataFrame) -> DataFrame:
    """Return the copies: their time, date and number, and the time of the next one."""
    each = rows.groupBy(TIME).agg(functions.min(_DATE).alias(_DATE))
    return each.selectExpr(
        TIME, _DATE, f"row_number() OVER (ORDER BY {TIME}) AS {_NUMBER}",
        f"lead({TIME}) OVER (ORDER BY {TIME}) AS {_NEXT}",
    )  # fmt: skip


def _runs(member: Member, rows: DataFrame) -> DataFrame:
    """Return the versions' columns, and the numbers of the first and the last copy that hold each."""
    snapshot, columns = snapshot_of(member), [quote(name) for name in _compared(member)]
    for name in snapshot.id:
        rows = rows.where(f"{quote(name)} IS NOT NULL")
    if member.select.input.where is not None:
        rows = rows.where(to_sql(parse(member.select.input.where), member.types.table))
    identity = ", ".join(quote(name) for name in snapshot.id)
    window = f"OVER (PARTITION BY {identity} ORDER BY {_NUMBER})"
    alike = " AND ".join(f"{name} <=> lag({name}) {window}" for name in columns)
    before = f"lag({_NUMBER}) {window}"
    shown = ", ', ', ".join(
        f"concat({literal(f'{name}=')}, CAST({quote(name)} AS STRING))" for name in snapshot.id
    )
    date = f"date_from_unix_date(CAST({TIME} div 86400000000L AS INT))"
    told = f"concat({literal('zipline:copy:')}, {shown}, ' in the copy of ', CAST({date} AS STRING))"
    starts = (
        f"CASE WHEN {before} = {_NUMBER} THEN CAST(raise_error({told}) AS INT) "
        f"WHEN {before} = {_NUMBER} - 1 AND {alike} THEN 0 ELSE 1 END"
    )
    distinct = rows.select(*columns, TIME, _NUMBER).distinct()
    marked = distinct.selectExpr("*", f"{starts} AS __zl_starts")
    numbered = marked.selectExpr("*", f"sum(__zl_starts) {window} AS {_RUN}")
    grouped = numbered.groupBy(*(quote(name) for name in snapshot.id), _RUN)
    others = [name for name in _compared(member) if name not in snapshot.id]
    return grouped.agg(
        *(functions.first(quote(name)).alias(name) for name in others),
        functions.min(_NUMBER).alias("__zl_first"),
        functions.max(_NUMBER).alias("__zl_last"),
    ).drop(_RUN)
