"""Reading time columns: every way a time may be written, as SQL that gives microseconds since the epoch."""

from __future__ import annotations

from zipline.dsl.timestamp import Timestamp
from zipline.engines.duckdb.sql import literal, quote
from zipline.time import MAX_TIME, MIN_TIME, TIME_PATTERN

# The usual way to write a time, which DuckDB reads as we do, and hundreds of times as fast as taking it apart.
_PLAIN = r"[1-9]\d{3}-\d{2}-\d{2}([T ]\d{2}:\d{2}:\d{2}(\.\d{1,6})?(Z|[+-]00(:?00)?)?)?"
_MICROS = {"s": 1_000_000, "ms": 1_000, "us": 1}


def micros_sql(time: Timestamp, stored: str, otherwise: str | None = None) -> str:
    """Return SQL for a time column's microseconds (BIGINT, null where the column is null).

    Args:
        time: the column and how to read it.
        stored: the DuckDB type that the column has in its table.
        otherwise: what stands in for what is no time; an error unless given.
    """
    column = quote(time.column)
    bad = otherwise or f"error('zipline:time:' || {literal(time.column)} || ':' || {column}::VARCHAR)"
    if time.unit == "ns":
        micros = f"({column}::BIGINT - ((({column}::BIGINT % 1000) + 1000) % 1000)) // 1000"
    elif time.unit is not None:
        each = _MICROS[time.unit]
        inside = f"{column} BETWEEN {-(-MIN_TIME // each)} AND {MAX_TIME // each}"
        return f"CASE WHEN NOT ({inside}) THEN {bad} ELSE {column}::BIGINT * {each} END"
    elif stored == "VARCHAR":
        micros = _text_sql(column, time, bad)
    else:
        micros = moment_sql(column, stored, time.zone)
    checked = f"CASE WHEN ({micros}) NOT BETWEEN {MIN_TIME} AND {MAX_TIME} THEN {bad} ELSE {micros} END"
    if stored == "VARCHAR" and time.zone is None:
        return f"coalesce({plain_micros_sql(column)}, {checked})"
    return checked


def plain_micros_sql(column: str) -> str:
    """Return SQL for the microseconds of times that are written in the usual way; null of all others."""
    plain = (
        f"CASE WHEN regexp_full_match({column}, {literal(_PLAIN)}) THEN TRY_CAST({column} AS TIMESTAMP) END"
    )
    return f"epoch_us({plain})"


def moment_sql(column: str, stored: str, zone: str | None = None) -> str:
    """Return SQL for the microseconds of a date or timestamp, nanoseconds floored, naive times taken as UTC."""
    if stored in ("TIMESTAMP_NS", "TIMESTAMPTZ_NS"):
        return f"(epoch_ns({column}) - (((epoch_ns({column}) % 1000) + 1000) % 1000)) // 1000"
    if zone is not None and "WITH TIME ZONE" not in stored:
        return _local_sql(f"{column}::TIMESTAMP", zone)
    if "WITH TIME ZONE" in stored:
        return f"epoch_us({column})"
    return f"epoch_us({column}::TIMESTAMP)"


def _local_sql(moment: str, zone: str) -> str:
    """Return SQL for the microseconds of a local time, the earlier one where the zone's clock shows it twice.

    DuckDB takes the later one; the earlier one has the offset of the day before, and reads the same on the clock.
    """
    name, day = literal(zone), "INTERVAL 24 HOUR"
    later = f"timezone({name}, {moment})"
    earlier = f"(timezone({name}, {moment} - {day}) + {day})"
    return f"epoch_us(CASE WHEN timezone({name}, {earlier}) = {moment} THEN {earlier} ELSE {later} END)"


def _text_sql(column: str, time: Timestamp, bad: str) -> str:
    """Return SQL that reads ISO 8601 text: fields by position, digits past six cut, an offset subtracted."""
    pattern = literal(TIME_PATTERN)

    def part(group: int) -> str:
        return f"regexp_extract({column}, {pattern}, {group})"

    clock = f"{part(1)} || '-' || {part(2)} || '-' || {part(3)} || ' ' || coalesce(nullif({part(4)}, ''), '00') || ':' || coalesce(nullif({part(5)}, ''), '00') || ':' || coalesce(nullif({part(6)}, ''), '00') || '.' || rpad(left({part(7)}, 6), 6, '0')"  # noqa: E501
    moment = f"TRY_CAST({clock} AS TIMESTAMP)"
    if time.zone is not None:
        naive = _local_sql(moment, time.zone)
    else:
        naive = f"epoch_us({moment})"
    offset = f"rpad(replace({part(8)}, ':', ''), 5, '0')"
    shift = (
        f"CASE WHEN {part(8)} IN ('', 'Z') THEN 0 ELSE "
        f"(CASE WHEN {offset}[1] = '+' THEN 60000000 ELSE -60000000 END) * "
        f"({offset}[2:3]::BIGINT * 60 + {offset}[4:5]::BIGINT) END"
    )
    zoned = (
        f"CASE WHEN {part(8)} = '' THEN {naive} ELSE epoch_us({moment}) - ({shift}) END"
        if time.zone
        else (f"epoch_us({moment}) - ({shift})")
    )
    return (
        f"CASE WHEN {column} IS NULL THEN NULL WHEN NOT regexp_full_match({column}, {pattern}) OR {moment} IS NULL "
        f"THEN {bad} ELSE {zoned} END"
    )
