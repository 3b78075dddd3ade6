"""Render an expression as DuckDB SQL that has zipline's meaning, whatever DuckDB's own defaults are.

Columns are read as already widened: BIGINT, DOUBLE, DECIMAL, VARCHAR, BLOB, DATE, `TIMESTAMP` in UTC without
zone, lists of these.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from typing import Final

from zipline.engines.duckdb.casts import cast, widen
from zipline.engines.duckdb.sql import duckdb_type, literal, quote
from zipline.expressions import Call, Column, Expression, Literal, Node
from zipline.time import UNITS, from_micros
from zipline.types import BOOL, DATE, FLOAT64, INT64, TIMESTAMP, DataType

_EPOCH_DAY: Final = date(1970, 1, 1).toordinal()
_UPPER: Final = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_UNIT: Final = {
    "second": UNITS["s"],
    "minute": UNITS["m"],
    "hour": UNITS["h"],
    "day": UNITS["d"],
    "week": UNITS["w"],
}
_FAR: Final = 2**31
"""No string has so many characters: positions are clamped to it, so that sums of them cannot overflow."""


def to_sql(expression: Expression, schema: Mapping[str, DataType]) -> str:
    """Return the SQL of an expression over columns of these (unwidened) types.

    >>> from zipline.expressions import parse
    >>> to_sql(parse("a / b > 0.5"), {"a": FLOAT64, "b": FLOAT64})
    '(("a" / nullif("b", 0)) > CAST(\\'0.5\\' AS DOUBLE))'
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
        return f"{node.name}({', '.join(args)})"
    return _SPECIAL[node.name](node, *args)


def _literal(node: Literal) -> str:
    value, kind = node.value, node.type
    if value is None:
        return f"CAST(NULL AS {duckdb_type(kind)})"
    if isinstance(value, str):
        return literal(value)
    if kind == BOOL:
        return str(bool(value)).upper()
    if kind == DATE:
        return f"DATE '{date.fromordinal(int(value) + _EPOCH_DAY).isoformat()}'"
    if kind == TIMESTAMP:
        return f"TIMESTAMP '{from_micros(int(value)).replace(tzinfo=None).isoformat(sep=' ')}'"
    return f"CAST({repr(value) if kind == INT64 else literal(repr(value))} AS {duckdb_type(kind)})"


def _negate(node: Call, operand: str) -> str:
    return f"(- {operand})" if node.type == FLOAT64 else f"(0 - {operand})"


def _remainder(node: Call, left: str, right: str) -> str:
    if node.type == INT64:
        return f"({left} % CASE {right} WHEN 0 THEN NULL WHEN -1 THEN 1 ELSE {right} END)"
    return f"({left} % nullif({right}, 0))"


def _case(node: Call, *args: str) -> str:
    whens = " ".join(
        f"WHEN {condition} THEN {value}" for condition, value in zip(args[:-1:2], args[1::2], strict=True)
    )
    return f"CASE {whens} ELSE {args[-1]} END"


def _in(node: Call, operand: str, *options: str) -> str:
    return f"({operand} IN ({', '.join(options)}))"


def _like(node: Call, operand: str, pattern: str, escape: str | None = None) -> str:
    return f"({operand} LIKE {pattern}{f' ESCAPE {escape}' if escape else ''})"


def _sign(node: Call, operand: str) -> str:
    if node.type == FLOAT64:
        return f"CASE WHEN isnan({operand}) THEN {operand} ELSE CAST(sign({operand}) AS DOUBLE) END"
    return f"CAST(sign({operand}) AS BIGINT)"


def _rounding(node: Call, operand: str) -> str:
    assert node.type is not None
    if node.type == INT64:
        return operand
    if node.type == FLOAT64:
        return f"{node.name}({operand})"
    return f"CAST({node.name}({operand}) AS {duckdb_type(node.type)})"


def _substring(node: Call, text: str, start: str, count: str | None = None) -> str:
    begin = f"least(greatest({start}, {-_FAR}), {_FAR})"
    if count is None:
        return _guarded(f"substring({text}, greatest({begin}, 1))", text, start)
    length = f"least(greatest({count}, 0), {2 * _FAR})"
    kept = f"least({length} + least({begin} - 1, 0), {_FAR - 1})"
    return _guarded(f"substring({text}, greatest({begin}, 1), greatest({kept}, 0))", text, start, count)


def _guarded(sql: str, *operands: str) -> str:
    missing = " OR ".join(f"({each}) IS NULL" for each in operands)
    return f"CASE WHEN {missing} THEN NULL ELSE {sql} END"


def _end(node: Call, text: str, count: str) -> str:
    return _guarded(f"{node.name}({text}, least(greatest({count}, 0), {_FAR - 1}))", text, count)


def _split_part(node: Call, text: str, mark: str, position: str) -> str:
    whole = f"WHEN {mark} = '' THEN CASE WHEN {position} = 1 THEN {text} ELSE '' END"
    outside = f"WHEN {position} NOT BETWEEN 1 AND {_FAR - 1} THEN ''"
    inner = f"CASE {outside} {whole} ELSE split_part({text}, {mark}, {position}) END"
    return _guarded(inner, text, mark, position)


def _date_trunc(node: Call, unit: str, moment: str) -> str:
    return f"date_trunc({unit}, {moment})"


def _date_diff(node: Call, unit: str, start: str, end: str) -> str:
    micros = _UNIT[unit.strip("'")]
    return f"((epoch_us(date_trunc({unit}, {end})) - epoch_us(date_trunc({unit}, {start}))) // {micros})"


def _index(node: Call, listed: str, position: str) -> str:
    return f"list_extract({listed}, CASE WHEN {position} BETWEEN 1 AND {_FAR} THEN {position} END)"


_INFIX: Final = {
    **{name: name for name in ("+", "-", "*", "=", "<>", "<", "<=", ">", ">=", "||")},
    "and": "AND",
    "or": "OR",
}
_TEMPLATES: Final = {
    "/": "({0} / nullif({1}, 0))",
    "not": "(NOT {0})",
    "is_null": "({0} IS NULL)",
    "sqrt": "CASE WHEN {0} < 0 THEN CAST('nan' AS DOUBLE) ELSE sqrt({0}) END",
    "lower": f"translate({{0}}, '{_UPPER}', '{_UPPER.lower()}')",
    "upper": f"translate({{0}}, '{_UPPER.lower()}', '{_UPPER}')",
    **{name: name + "({0}, ' ')" for name in ("trim", "ltrim", "rtrim")},
    "day_of_week": "isodow({0})",
    "len": "CAST(len({0}) AS BIGINT)",
    "nullif": "nullif({0}, {1})",
}
_PLAIN: Final = frozenset(
    [
        "coalesce",
        "least",
        "greatest",
        "abs",
        "length",
        "replace",
        "strpos",
        "starts_with",
        "ends_with",
        "contains",
        "year",
        "month",
        "day",
        "hour",
        "minute",
        "second",
        "epoch_us",
        "list_contains",
    ]
)
_SPECIAL: Final[dict[str, Callable[..., str]]] = {
    "negate": _negate,
    "%": _remainder,
    "case": _case,
    "in": _in,
    "like": _like,
    "sign": _sign,
    "round": _rounding,
    "floor": _rounding,
    "ceil": _rounding,
    "substring": _substring,
    "left": _end,
    "right": _end,
    "split_part": _split_part,
    "date_trunc": _date_trunc,
    "date_diff": _date_diff,
    "index": _index,
}
