"""Render an expression as Spark SQL that has zipline's meaning, whatever Spark's own defaults are.

Columns are read as already widened: BIGINT, DOUBLE, DECIMAL, STRING, BINARY, DATE, arrays of these, and a timestamp as
BIGINT microseconds since the epoch, within the years 1 to 9999 (inside arrays and structs as TIMESTAMP), so that the
session's zone has no say. Relied on: `spark.sql.ansi.enabled` is true, and
`spark.sql.decimalOperations.allowPrecisionLoss` is false.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from typing import Final

from zipline.engines.spark.casts import cast, to_date, widen
from zipline.engines.spark.sql import literal, quote, spark_type
from zipline.expressions import Call, Column, Expression, Literal, Node
from zipline.time import MIN_TIME, UNITS
from zipline.types import BOOL, DATE, FLOAT64, INT64, NULL, TIMESTAMP, DataType

_EPOCH_DAY: Final = date(1970, 1, 1).toordinal()
_UPPER: Final = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_UNIT: Final = {name: UNITS[name[0]] for name in ("second", "minute", "hour", "day", "week")}
_FAR: Final = 2**31 - 1
"""The largest position or count that Spark's functions take; no string or array is longer."""


def to_sql(expression: Expression, schema: Mapping[str, DataType]) -> str:
    """Return the SQL of an expression over columns of these (unwidened) types.

    >>> from zipline.expressions import parse
    >>> to_sql(parse("a / b > 0.5"), {"a": FLOAT64, "b": FLOAT64})
    "(try_divide(`a`, `b`) > CAST('0.5' AS DOUBLE))"
    """
    return render(expression.resolve(schema))


def render(node: Node) -> str:
    """Return the SQL of a typed tree."""
    if isinstance(node, Column):
        return quote(node.name)
    if isinstance(node, Literal):
        return _literal(node)
    args = [render(each) for each in node.args]
    kinds = [each.type for each in node.args]
    assert node.type is not None
    assert kinds[0] is not None
    if node.name == "cast":
        return cast(args[0], kinds[0], node.type)
    if node.name == "widen":
        return widen(args[0], kinds[0], node.type)
    if node.name in _INFIX:
        return f"({f' {_INFIX[node.name]} '.join(args)})"
    if node.name in _TEMPLATES:
        return _TEMPLATES[node.name].format(*args)
    if node.name in _PLAIN:
        return f"{_PLAIN[node.name]}({', '.join(args)})"
    return _SPECIAL[node.name](node, *args)


def _literal(node: Literal) -> str:
    value, kind = node.value, node.type
    if value is None:
        return f"CAST(NULL AS {spark_type(kind)})"
    if isinstance(value, str):
        return literal(value)
    if kind == BOOL:
        return str(bool(value)).upper()
    if kind == DATE:
        return f"DATE '{date.fromordinal(int(value) + _EPOCH_DAY).isoformat()}'"
    number = repr(value) if kind in (INT64, TIMESTAMP) else literal(repr(value))
    return f"CAST({number} AS {spark_type(kind)})"


def _case(node: Call, *args: str) -> str:
    whens = " ".join(
        f"WHEN {condition} THEN {value}" for condition, value in zip(args[:-1:2], args[1::2], strict=True)
    )
    return f"CASE {whens} ELSE {args[-1]} END"


def _in(node: Call, operand: str, *options: str) -> str:
    return f"({operand} IN ({', '.join(options)}))"


def _like(node: Call, operand: str, pattern: str, escape: str | None = None) -> str:
    """Write the pattern with an escape of our own: Spark reads a backslash as one."""
    texts = [str(each.value) for each in node.args[1:] if isinstance(each, Literal)]
    return f"({operand} LIKE {literal(_escaped(*texts))} ESCAPE '/')"


def _escaped(pattern: str, mark: str = "") -> str:
    parts: list[str] = []
    plain = False
    for char in pattern:
        if char == mark and not plain:
            plain = True
            continue
        parts.append(f"/{char}" if char == "/" or (plain and char in "%_") else char)
        plain = False
    return "".join(parts)


def _extreme(node: Call, *args: str) -> str:
    return f"{node.name}({', '.join(args)})" if len(args) > 1 else args[0]


def _sign(node: Call, operand: str) -> str:
    return f"sign({operand})" if node.type == FLOAT64 else f"CAST(sign({operand}) AS BIGINT)"


def _rounding(node: Call, operand: str) -> str:
    """Round float64 by `rint`, which keeps it one; Spark's functions give BIGINT."""
    assert node.type is not None
    if node.type == INT64:
        return operand
    if node.type == FLOAT64:
        return _ROUNDED[node.name].format(operand)
    return f"CAST({node.name}({operand}) AS {spark_type(node.type)})"


def _substring(node: Call, text: str, start: str, count: str | None = None) -> str:
    begin = f"CAST(least(greatest({start}, 1), {_FAR}) AS INT)"
    if count is None:
        return _guarded(f"substring({text}, {begin})", start)
    # The characters from `start` on that stand before position 1 are part of the count.
    kept = f"greatest({count}, 0) - 1 + greatest(least({start}, 1), {1 - 2**63})"
    return _guarded(f"substring({text}, {begin}, {_count(kept)})", start, count)


def _count(number: str) -> str:
    return f"CAST(least(greatest({number}, 0), {_FAR}) AS INT)"


def _guarded(sql: str, *operands: str) -> str:
    """Give null where an operand is null: `least` and `greatest` would skip it."""
    missing = " OR ".join(f"{each} IS NULL" for each in operands)
    return f"CASE WHEN {missing} THEN NULL ELSE {sql} END"


def _end(node: Call, text: str, count: str) -> str:
    return _guarded(f"{node.name}({text}, {_count(count)})", count)


def _split_part(node: Call, text: str, mark: str, position: str) -> str:
    """Look outside at a part so far on that there is none: Spark counts below 1 from the end."""
    found = f"CASE WHEN {position} BETWEEN 1 AND {_FAR} THEN {position} WHEN {position} IS NOT NULL THEN {_FAR} END"
    return f"split_part({text}, {mark}, CAST({found} AS INT))"


def _units(micros: str, length: int) -> str:
    """Return how many units have gone by since year 1, a Monday, before which there is no time: Spark's `div`, which
    truncates, rounds down.
    """
    return f"(({micros} + {-MIN_TIME}) div {length})"


def _clock(unit: str, around: int) -> Callable[..., str]:
    return lambda node, moment: f"({_units(moment, _UNIT[unit])} % {around})"


def _calendar(node: Call, moment: str) -> str:
    return f"CAST({node.name}({to_date(moment)}) AS BIGINT)"


def _day_of_week(node: Call, moment: str) -> str:
    return f"({_units(moment, _UNIT['day'])} % 7 + 1)"


def _date_trunc(node: Call, unit: str, moment: str) -> str:
    length = _UNIT[unit.strip("'")]
    return f"({_units(moment, length)} * {length} - {-MIN_TIME})"


def _date_diff(node: Call, unit: str, start: str, end: str) -> str:
    length = _UNIT[unit.strip("'")]
    return f"({_units(end, length)} - {_units(start, length)})"


def _index(node: Call, listed: str, position: str) -> str:
    found = f"get({listed}, CAST(CASE WHEN {position} BETWEEN 1 AND {_FAR} THEN {position} - 1 END AS INT))"
    return f"unix_micros({found})" if node.type == TIMESTAMP else found


def _list_contains(node: Call, listed: str, sought: str) -> str:
    """Ask for the position, which passes over nulls; `array_contains` is null where it meets one."""
    kind = node.args[1].type
    if kind == NULL:
        return "CAST(NULL AS BOOLEAN)"
    element = f"timestamp_micros({sought})" if kind == TIMESTAMP else sought
    return f"(array_position({listed}, {element}) > 0)"


_INFIX: Final = {
    **{name: name for name in ("+", "-", "*", "=", "<>", "<", "<=", ">", ">=", "||")},
    "and": "AND",
    "or": "OR",
}
_TEMPLATES: Final = {
    "negate": "(- {0})",
    "not": "(NOT {0})",
    "is_null": "({0} IS NULL)",
    "nullif": "CASE WHEN {0} = {1} THEN NULL ELSE {0} END",
    "length": "CAST(char_length({0}) AS BIGINT)",
    "lower": f"translate({{0}}, '{_UPPER}', '{_UPPER.lower()}')",
    "upper": f"translate({{0}}, '{_UPPER.lower()}', '{_UPPER}')",
    "trim": "trim(BOTH ' ' FROM {0})",
    "ltrim": "trim(LEADING ' ' FROM {0})",
    "rtrim": "trim(TRAILING ' ' FROM {0})",
    "strpos": "CAST(instr({0}, {1}) AS BIGINT)",
    "epoch_us": "{0}",
    "len": "CAST(array_size({0}) AS BIGINT)",
}
_PLAIN: Final = {
    **{name: name for name in ("coalesce", "abs", "sqrt", "replace", "contains")},
    "/": "try_divide",
    "%": "try_mod",
    "starts_with": "startswith",
    "ends_with": "endswith",
}
_ROUNDED: Final = {
    "floor": "CASE WHEN rint({0}) > {0} THEN rint({0}) - 1 ELSE rint({0}) END",
    "ceil": "CASE WHEN rint({0}) < {0} THEN rint({0}) + 1 ELSE rint({0}) END",
    "round": "CASE WHEN abs({0} - rint({0})) = 0.5D THEN {0} + 0.5D * sign({0}) ELSE rint({0}) END",
}
_SPECIAL: Final[dict[str, Callable[..., str]]] = {
    "case": _case,
    "in": _in,
    "like": _like,
    "least": _extreme,
    "greatest": _extreme,
    "sign": _sign,
    **dict.fromkeys(_ROUNDED, _rounding),
    "substring": _substring,
    "left": _end,
    "right": _end,
    "split_part": _split_part,
    **dict.fromkeys(("year", "month", "day"), _calendar),
    "hour": _clock("hour", 24),
    "minute": _clock("minute", 60),
    "second": _clock("second", 60),
    "day_of_week": _day_of_week,
    "date_trunc": _date_trunc,
    "date_diff": _date_diff,
    "index": _index,
    "list_contains": _list_contains,
}
