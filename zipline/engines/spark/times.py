"""Reading time columns on Spark: every way a time may be written, as SQL that gives microseconds since the epoch.

Nothing here depends on the session's time zone: texts, dates and times without zone are counted by hand.
"""

from __future__ import annotations

from typing import Final

from zipline.dsl.timestamp import Timestamp
from zipline.engines.spark.sql import literal, quote
from zipline.time import MAX_TIME, MIN_TIME, TIME_PATTERN, UNITS

DAY: Final = UNITS["d"]
_WHOLE: Final = rf"\A(?:{TIME_PATTERN})\z"
_MICROS: Final = {"s": 1_000_000, "ms": 1_000, "us": 1}
_EPOCH: Final = "TIMESTAMP_NTZ'1970-01-01 00:00:00'"


def micros_sql(time: Timestamp, stored: str, otherwise: str | None = None) -> str:
    """Return SQL for a time column's microseconds (BIGINT, null where the column is null).

    Args:
        time: the column and how to read it.
        stored: the Spark type that the column has in its table.
        otherwise: what stands in for what is no time; an error unless given.
    """
    column = quote(time.column)
    told = f"concat({literal(f'zipline:time:{time.column}:')}, CAST({column} AS STRING))"
    bad = otherwise or f"CAST(raise_error({told}) AS BIGINT)"
    if time.unit == "ns":
        micros = f"((CAST({column} AS BIGINT) - pmod(CAST({column} AS BIGINT), 1000L)) div 1000L)"
    elif time.unit is not None:
        each = _MICROS[time.unit]
        inside = f"CAST({column} AS BIGINT) BETWEEN {-(-MIN_TIME // each)}L AND {MAX_TIME // each}L"
        return f"CASE WHEN NOT ({inside}) THEN {bad} ELSE CAST({column} AS BIGINT) * {each}L END"
    elif stored == "string":
        return text_micros(column, bad, time.zone)
    else:
        micros = moment_sql(column, stored, time.zone)
    return f"CASE WHEN {micros} NOT BETWEEN {MIN_TIME}L AND {MAX_TIME}L THEN {bad} ELSE {micros} END"


def moment_sql(column: str, stored: str, zone: str | None = None) -> str:
    """Return SQL for the microseconds of a date or timestamp; one without zone is UTC, or of `zone`."""
    if stored == "timestamp":
        return f"unix_micros({column})"
    if stored == "date":
        return f"(CAST(unix_date({column}) AS BIGINT) * {DAY}L)"
    if stored == "timestamp_ntz":
        return _since_epoch(f"convert_timezone({literal(zone)}, 'UTC', {column})" if zone else column)
    return f"CAST({column} AS BIGINT)"


def _since_epoch(naive: str) -> str:
    return f"timestampdiff(MICROSECOND, {_EPOCH}, {naive})"


def text_micros(text: str, bad: str, zone: str | None = None) -> str:
    """Return SQL for the microseconds of a time that is written as section 1 allows; `bad` where it is not.

    Args:
        text: SQL of the text.
        bad: SQL of a BIGINT.
        zone: of a text without an offset; UTC unless given.
    """

    def part(group: int) -> str:
        return f"regexp_extract({text}, {literal(_WHOLE)}, {group})"

    def number(group: int) -> str:
        return f"CAST(coalesce(nullif({part(group)}, ''), '0') AS BIGINT)"

    day = f"try_cast(concat({part(1)}, '-', {part(2)}, '-', {part(3)}) AS DATE)"
    fraction = f"CAST(rpad(left({part(7)}, 6), 6, '0') AS BIGINT)"
    clock = f"{number(4)} * {UNITS['h']}L + {number(5)} * {UNITS['m']}L + {number(6)} * {UNITS['s']}L"
    naive = f"(CAST(unix_date({day}) AS BIGINT) * {DAY}L + {clock} + {fraction})"
    offset = f"rpad(replace(replace({part(8)}, 'Z', '+00'), ':', ''), 5, '0')"
    shift = (
        f"(CASE WHEN left({offset}, 1) = '-' THEN -{UNITS['m']}L ELSE {UNITS['m']}L END * "
        f"(CAST(substring({offset}, 2, 2) AS BIGINT) * 60L + CAST(substring({offset}, 4, 2) AS BIGINT)))"
    )
    local = naive
    if zone is not None:
        moment = f"timestampadd(MICROSECOND, {naive}, {_EPOCH})"
        local = _since_epoch(f"convert_timezone({literal(zone)}, 'UTC', {moment})")
    micros = f"CASE WHEN {part(8)} = '' THEN {local} ELSE {naive} - {shift} END"
    wrong = (
        f"NOT {text} RLIKE {literal(_WHOLE)} OR {day} IS NULL OR {number(4)} > 23 OR {number(5)} > 59 "
        f"OR {number(6)} > 59 OR ({part(8)} NOT IN ('', 'Z') AND "
        f"(substring({offset}, 2, 2) > '23' OR substring({offset}, 4, 2) > '59'))"
    )
    return (
        f"CASE WHEN {text} IS NULL THEN NULL WHEN {wrong} THEN {bad} "
        f"WHEN {micros} NOT BETWEEN {MIN_TIME}L AND {MAX_TIME}L THEN {bad} ELSE {micros} END"
    )
