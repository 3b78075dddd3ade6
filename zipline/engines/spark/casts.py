"""Render `CAST` and widening for Spark: its own casts trim, guess and accept more than the page allows, and read a
time in the session's zone.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from zipline.engines.spark.sql import literal, spark_type
from zipline.time import MAX_TIME, MIN_TIME, UNITS
from zipline.types import DataType

_DAY: Final = UNITS["d"]
_EPOCH_DAY: Final = -MIN_TIME // _DAY
_DATE_TEXT: Final = "(?:000[1-9]|00[1-9][0-9]|0[1-9][0-9]{2}|[1-9][0-9]{3})-[0-9]{2}-[0-9]{2}"
_CLOCK_TEXT: Final = "([01][0-9]|2[0-3]):([0-5][0-9])(?::([0-5][0-9])(?:[.]([0-9]+))?)?"
_ZONE_TEXT: Final = "Z|([+-])([01][0-9]|2[0-3])(?::?([0-5][0-9]))?"
_TIME_TEXT: Final = f"({_DATE_TEXT})(?:[T ]{_CLOCK_TEXT})?(?:{_ZONE_TEXT})?"
_INT_TEXT: Final = "[+-]?[0-9]+"
_DECIMAL_TEXT: Final = "[+-]?(?:[0-9]+(?:[.][0-9]*)?|[.][0-9]+)"
_FLOAT_TEXT: Final = f"{_DECIMAL_TEXT}(?:[eE][+-]?[0-9]+)?|(?i:[+-]?(?:inf|infinity|nan))"


def cast(sql: str, source: DataType, target: DataType) -> str:
    """Return `CAST` of the page: an error where the value does not fit, never a guess."""
    if source.kind == "string" and target.kind in _FROM_TEXT:
        return f"CASE WHEN {sql} IS NOT NULL THEN coalesce({read(sql, target)}, {_refused(sql, target)}) END"
    pair = (source.kind, target.kind)
    if pair == ("float64", "int64"):
        inside = f"{sql} >= CAST('{-(2**63)}' AS DOUBLE) AND {sql} < CAST('{2**63}' AS DOUBLE)"
        refused = _refused(f"CAST({sql} AS STRING)", target)
        return f"CASE WHEN {inside} THEN CAST({sql} AS BIGINT) WHEN {sql} IS NOT NULL THEN {refused} END"
    if pair == ("int64", "bool"):
        return f"({sql} <> 0)"
    if pair == ("timestamp", "date"):
        return to_date(sql)
    return widen(sql, source, target)


def widen(sql: str, source: DataType, target: DataType) -> str:
    """Return the value in a wider type; a decimal becomes the nearest float64."""
    if (source.kind, target.kind) == ("date", "timestamp"):
        return _midnight(sql)
    elements = tuple(each.element.kind for each in (source, target) if each.element is not None)
    if elements == ("date", "timestamp"):
        return f"transform({sql}, each -> timestamp_micros({_midnight('each')}))"
    if source == target:
        return sql
    return f"CAST({sql} AS {spark_type(target)})"


def read(sql: str, target: DataType) -> str:
    """Return what a text says; null where it says nothing of the type."""
    return _FROM_TEXT[target.kind](sql, target)


def to_date(micros: str) -> str:
    """Return the day, UTC, of microseconds since the epoch.

    Counted from year 1, before which there is no time, so that Spark's `div`, which truncates, rounds down.
    """
    return f"date_from_unix_date(CAST(({micros} + {-MIN_TIME}) div {_DAY} AS INT) - {_EPOCH_DAY})"


def _midnight(day: str) -> str:
    return f"(unix_date({day}) * {_DAY})"


def _refused(text: str, target: DataType) -> str:
    """Return an expression of the target's type that fails with a message of which the text is a part."""
    return f"CAST(raise_error(concat('zipline:value:{target}:', {text})) AS {spark_type(target)})"


def _whole(pattern: str) -> str:
    return literal(rf"\A(?:{pattern})\z")


def _matching(pattern: str) -> Callable[[str, DataType], str]:
    """Return a renderer: null where the text does not match all of the pattern, or its value does not fit."""

    def render(sql: str, target: DataType) -> str:
        return f"CASE WHEN {sql} RLIKE {_whole(pattern)} THEN TRY_CAST({sql} AS {spark_type(target)}) END"

    return render


def _float(sql: str, target: DataType) -> str:
    """Spark knows a NaN only without a sign."""
    signed = f"WHEN lower({sql}) IN ('+nan', '-nan') THEN CAST('nan' AS DOUBLE)"
    return f"CASE {signed} ELSE {_matching(_FLOAT_TEXT)(sql, target)} END"


def _timestamp(sql: str, target: DataType) -> str:
    """Put the microseconds together from the parts of the text, digits past six cut, and take the offset off."""

    def part(group: int) -> str:
        return f"regexp_extract({sql}, {_whole(_TIME_TEXT)}, {group})"

    def number(group: int) -> str:
        return f"CAST(concat('0', {part(group)}) AS BIGINT)"

    day = f"unix_date(TRY_CAST({part(1)} AS DATE)) * {_DAY}"
    clock = f"{number(2)} * {UNITS['h']} + {number(3)} * {UNITS['m']} + {number(4)} * {UNITS['s']}"
    fraction = f"CAST(rpad(left({part(5)}, 6), 6, '0') AS BIGINT)"
    offset = f"({number(7)} * {UNITS['h']} + {number(8)} * {UNITS['m']})"
    micros = f"{day} + {clock} + {fraction} - CASE {part(6)} WHEN '-' THEN -1 ELSE 1 END * {offset}"
    inside = f"CASE WHEN each BETWEEN {MIN_TIME} AND {MAX_TIME} THEN each END"
    return f"get(transform(array({micros}), each -> {inside}), 0)"


_FROM_TEXT: Final[dict[str, Callable[[str, DataType], str]]] = {
    "int64": _matching(_INT_TEXT),
    "float64": _float,
    "decimal": _matching(_DECIMAL_TEXT),
    "bool": _matching("(?i:true|false)"),
    "date": _matching(_DATE_TEXT),
    "timestamp": _timestamp,
}
