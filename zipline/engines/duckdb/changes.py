"""Changes as SQL: a snapshot's copies as versions of its rows, each from the copy that brings it to the one that ends
it.

Copies are numbered by their dates. Rows of one id and equal values are grouped, and the numbers of the copies that
hold them are collected as bits, so that a row that stays as it was costs one step of a hash table and is never sorted.
A run of ones is a version: it ends where the next copy has another row of that id, or none.
"""

from __future__ import annotations

from typing import Final

from zipline.dsl.snapshot import Snapshot
from zipline.engines.duckdb.expressions import to_sql
from zipline.engines.duckdb.members import Member
from zipline.engines.duckdb.readers.bounds import time_bounds
from zipline.engines.duckdb.span import Span, pushed
from zipline.engines.duckdb.sql import quote
from zipline.engines.duckdb.times import micros_sql
from zipline.engines.duckdb.versions import KNOWN, TIME, UNTIL
from zipline.expressions import parse
from zipline.plan.nodes import Visibility
from zipline.time import MAX_TIME, MIN_TIME

BITS: Final = 60  # of copies in one group: what fits into an int64, with a bit to spare for each shift


def changes_sql(member: Member, visibility: Visibility, span: Span) -> str:
    """Return a query of the versions, with TIME, KNOWN and UNTIL.

    Copies that nobody may see yet are not read: no version depends on what comes after it but for its end.
    """
    snapshot = snapshot_of(member)
    known = visibility.as_of if visibility.hindsight else min(visibility.as_of, span.last)
    last = known - snapshot.delay_us
    versions = _versions(member, last)
    date = quote(snapshot.date.column)
    parts = [f"begins.{date}" if name == snapshot.date.column else quote(name) for name in member.columns]
    of_keys = (
        f"begins.{date}" if column == snapshot.date.column else quote(column) for column in member.keys
    )
    parts += [f"{column} AS {name}" for column, name in zip(of_keys, member.key_names, strict=True)]
    parts.append(f"begins.{TIME}")
    parts.append(f"begins.{TIME} + {snapshot.delay_us} AS {KNOWN}")
    parts.append(f"ends.__zl_following + {snapshot.delay_us} AS {UNTIL}")
    latest = " WHERE ends.__zl_following IS NULL" if visibility.hindsight else ""
    return (
        f"WITH __zl_copies AS MATERIALIZED ({_copies(member, last)}), __zl_versions AS ({versions}) "
        f"SELECT {', '.join(parts)} FROM __zl_versions "
        f"JOIN __zl_copies AS begins ON begins.__zl_number = __zl_first "
        f"JOIN __zl_copies AS ends ON ends.__zl_number = __zl_last{latest}"
    )


def snapshot_of(member: Member) -> Snapshot:
    """Return the snapshot that a source reads."""
    assert isinstance(member.source.table, Snapshot)
    return member.source.table


def _copies(member: Member, last: int) -> str:
    """Return the query of the copies: their number, their time, the next one's, and their date as the table has it."""
    snapshot, relation = snapshot_of(member), member.relation
    name = snapshot.date.column
    date = f"min({relation.widened(name, member.types.table[name])}) AS {quote(name)}"
    dated = f"SELECT {_time(member)} AS {TIME}, {quote(name)} FROM {_table(member, last)}"
    copies = f"SELECT {TIME}, {date} FROM ({dated}) WHERE {TIME} <= {last} GROUP BY {TIME}"
    return (
        f"SELECT *, row_number() OVER (ORDER BY {TIME}) - 1 AS __zl_number, "
        f"lead({TIME}) OVER (ORDER BY {TIME}) AS __zl_following FROM ({copies})"
    )


def _versions(member: Member, last: int) -> str:
    """Return the query of the versions' columns, and the numbers of the first and the last copy that hold them."""
    snapshot = snapshot_of(member)
    identity = ", ".join(quote(name) for name in snapshot.id)
    values = ", ".join(
        quote(name) for name in (*snapshot.id, *snapshot.compared(tuple(member.relation.types())))
    )
    groups = (
        f"SELECT {values}, __zl_number // {BITS} AS __zl_group, "
        f"bit_or(1::BIGINT << (__zl_number % {BITS})) AS __zl_bits "
        f"FROM ({_rows(member, last)}) JOIN __zl_copies USING ({TIME}) GROUP BY {values}, __zl_group"
    )
    firsts, lasts = (_ones(f"__zl_bits & ~(__zl_bits {shift} 1)") for shift in ("<<", ">>"))
    parts = (
        f"SELECT {values}, flatten(list({firsts})) AS __zl_firsts, flatten(list({lasts})) AS __zl_lasts "
        f"FROM ({groups}) GROUP BY {values}"
    )
    # A run that goes on in the next group neither ends here nor begins there.
    begun = f"lambda n: n % {BITS} <> 0 OR NOT list_contains(__zl_lasts, n - 1)"
    ended = f"lambda n: n % {BITS} <> {BITS - 1} OR NOT list_contains(__zl_firsts, n + 1)"
    runs = (
        f"SELECT {values}, unnest(list_sort(list_filter(__zl_firsts, {begun}))) AS __zl_first, "
        f"unnest(list_sort(list_filter(__zl_lasts, {ended}))) AS __zl_last FROM ({parts})"
    )
    before = f"lag(__zl_last) OVER (PARTITION BY {identity} ORDER BY __zl_first) AS __zl_before"
    return (
        f"SELECT * FROM (SELECT *, {before} FROM ({runs})) "
        f"WHERE CASE WHEN __zl_first <= __zl_before THEN error('zipline:copy::' || __zl_first) ELSE true END"
    )


def _ones(bits: str) -> str:
    """Return SQL for the numbers of the copies that are ones among a group's bits."""
    base = f"__zl_group * {BITS}"
    several = f"list_filter(range({BITS}), lambda n: ({bits}) & (1::BIGINT << n) <> 0)"
    return (
        f"CASE WHEN bit_count({bits}) = 1 THEN [{base} + bit_count(({bits}) - 1)] "
        f"ELSE list_transform({several}, lambda n: {base} + n) END"
    )


def _rows(member: Member, last: int) -> str:
    """Return the query of the copies' rows: their id, what is compared, and their time."""
    snapshot, relation, types = snapshot_of(member), member.relation, member.types.table
    names = (*snapshot.id, *snapshot.compared(tuple(relation.types())))
    parts = [f"{relation.widened(name, types[name])} AS {quote(name)}" for name in names]
    rows = f"SELECT {', '.join([*parts, f'{_time(member)} AS {TIME}'])} FROM {_table(member, last)}"
    conditions = [f"{TIME} <= {last}", *(f"{quote(name)} IS NOT NULL" for name in snapshot.id)]
    if member.select.input.where is not None:
        conditions.append(to_sql(parse(member.select.input.where), types))
    return f"SELECT * FROM ({rows}) WHERE {' AND '.join(f'({each})' for each in conditions)}"


def _time(member: Member) -> str:
    date = snapshot_of(member).date
    return micros_sql(date, member.relation.stored[date.column])


def _table(member: Member, last: int) -> str:
    """Return what stands after FROM to read the copies, with the condition by which later ones' files are not read."""
    date, relation = snapshot_of(member).date, member.relation
    span = Span(MIN_TIME, min(max(last, MIN_TIME), MAX_TIME))
    bounds = time_bounds(date, relation.arrow.field(date.column).type, span.first, span.last)
    conditions = pushed(date, relation.stored[date.column], span)
    where = f" WHERE {' AND '.join(conditions)}" if conditions else ""
    return f"{relation.within(tuple(bounds))}{where}"
