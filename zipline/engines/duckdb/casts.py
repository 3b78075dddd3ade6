"""Render `CAST` and widening for DuckDB: its own casts round, trim, guess and accept more than the page
allows.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from zipline.engines.duckdb.sql import duckdb_type, literal
from zipline.time import MAX_TIME, MIN_TIME, TIME_PATTERN
from zipline.types import FLOAT64, DataType

_DATE_TEXT: Final = "(000[1-9]|00[1-9][0-9]|0[1-9][0-9]{2}|[1-9][0-9]{3})-[0-9]{2}-[0-9]{2}"
# Narrower than TIME_PATTERN by what DuckDB would take and section 1 does not: year 0, hour 24.
_TIME_TEXT: Final = (
    _DATE_TEXT + r"([T ]([01]\d|2[0-3]):[0-5]\d(:[0-5]\d(\.\d+)?)?)?(Z|[+-]([01]\d|2[0-3])(:?[0-5]\d)?)?"
)
_INT_TEXT: Final = "[+-]?[0-9]+"
_DECIMAL_TEXT: Final = r"[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)"
_FLOAT_TEXT: Final = rf"{_DECIMAL_TEXT}([eE][+-]?[0-9]+)?|(?i:[+-]?(inf|infinity|nan))"


def cast(sql: str, source: DataType, target: DataType) -> str:
    """Return `CAST` of the page: an error where the value does not fit, never a guess."""
    if source.kind == "string":
        return _FROM_TEXT[target.kind](sql, target)
    pair = (source.kind, target.kind)
    if pair in (("float64", "int64"), ("decimal", "int64")):
        return f"CAST(trunc({sql}) AS BIGINT)"
    if pair == ("int64", "bool"):
        return f"({sql} <> 0)"
    if target == FLOAT64:
        return widen(sql, source, target)
    return f"CAST({sql} AS {duckdb_type(target)})"


def widen(sql: str, source: DataType, target: DataType) -> str:
    """Return the value in a wider type; a decimal becomes the nearest float64, which DuckDB's own cast does
    not promise.
    """
    if target == FLOAT64 and source.kind == "decimal":
        return f"CAST(CAST({sql} AS VARCHAR) AS DOUBLE)"
    if source.element is not None and source.element.kind == "decimal" and target.element == FLOAT64:
        return f"CAST(CAST({sql} AS VARCHAR[]) AS DOUBLE[])"
    if source.kind == "bool" and target.kind == "decimal":
        return f"CAST(CAST({sql} AS BIGINT) AS {duckdb_type(target)})"
    return f"CAST({sql} AS {duckdb_type(target)})"


def _checked(sql: str, pattern: str, value: str, target: str) -> str:
    """Cast `value` where the text matches; elsewhere what no cast takes, so that the error shows the text.

    DuckDB's `error()` would do it too, but counts as a side effect, which stops filters from moving down.
    """
    matches = f"regexp_full_match({sql}, {literal(pattern)})"
    return f"CAST(CASE WHEN {matches} THEN {value} ELSE concat('not allowed: ', {sql}) END AS {target})"


def _number(pattern: str) -> Callable[[str, DataType], str]:
    def render(sql: str, target: DataType) -> str:
        return f"CASE WHEN ({sql}) IS NOT NULL THEN {_checked(sql, pattern, sql, duckdb_type(target))} END"

    return render


def _bool(sql: str, target: DataType) -> str:
    return _number("(?i:true|false)")(f"lower({sql})", target)


def _date(sql: str, target: DataType) -> str:
    return _number(_DATE_TEXT)(sql, target)


def _timestamp(sql: str, target: DataType) -> str:
    """Put the parts of the text together, digits past six cut, and take the offset off by hand.

    DuckDB reads fewer ways to write an offset than section 1 allows.
    """

    def part(group: int, missing: str = "00") -> str:
        return f"coalesce(nullif(regexp_extract({sql}, {literal(TIME_PATTERN)}, {group}), ''), '{missing}')"

    offset = f"rpad(replace(replace({part(8, '+00')}, 'Z', '+00'), ':', ''), 5, '0')"
    day = f"{part(1)}, '-', {part(2)}, '-', {part(3)}"
    clock = f"concat({day}, ' ', {part(4)}, ':', {part(5)}, ':', {part(6)}, '.', left({part(7)}, 6))"
    naive = _checked(sql, _TIME_TEXT, clock, "TIMESTAMP")
    minutes = f"(CAST(substring({offset}, 2, 2) AS BIGINT) * 60 + CAST(substring({offset}, 4, 2) AS BIGINT))"
    micros = (
        f"(epoch_us({naive}) - CASE left({offset}, 1) WHEN '-' THEN -60000000 ELSE 60000000 END * {minutes})"
    )
    refused = f"CAST(concat('not allowed: ', {sql}) AS TIMESTAMP)"
    inside = f"{micros} BETWEEN {MIN_TIME} AND {MAX_TIME}"
    checked = f"CASE WHEN {inside} THEN make_timestamp({micros}) ELSE {refused} END"
    return f"CASE WHEN ({sql}) IS NOT NULL THEN {checked} END"


_FROM_TEXT: Final[dict[str, Callable[[str, DataType], str]]] = {
    "int64": _number(_INT_TEXT),
    "float64": _number(_FLOAT_TEXT),
    "decimal": _number(_DECIMAL_TEXT),
    "bool": _bool,
    "date": _date,
    "timestamp": _timestamp,
}
