"""Expressions over one row: section 7, node by node. Null is None; `AND` and `OR` know three truths."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from decimal import localcontext
from functools import lru_cache
from typing import Any

from zipline.errors import DataError
from zipline.expressions import Call, Column, Literal, Node, parse
from zipline.reference.casts import cast, widen
from zipline.reference.functions import FUNCTIONS
from zipline.reference.values import canonical, order
from zipline.types import DataType

_COMPARISONS = {
    "=": lambda order: order == 0,
    "<>": lambda order: order != 0,
    "<": lambda order: order < 0,
    "<=": lambda order: order <= 0,
    ">": lambda order: order > 0,
    ">=": lambda order: order >= 0,
}


def evaluate(
    text: str, row: Mapping[str, Any], schema: Mapping[str, DataType], *, derived: bool = False
) -> Any:
    """Return the value of an expression over one row's columns.

    >>> from zipline.types import INT64
    >>> evaluate("late > 15 OR late IS NULL", {"late": None}, {"late": INT64})
    True
    """
    return canonical(_value(_resolved(text, tuple(schema.items()), derived), row))


@lru_cache(maxsize=4096)
def _resolved(text: str, schema: tuple[tuple[str, DataType], ...], derived: bool) -> Node:
    return parse(text, derived=derived).resolve(dict(schema))


def _value(node: Node, row: Mapping[str, Any]) -> Any:
    if isinstance(node, Column):
        return canonical(row[node.name])
    if isinstance(node, Literal):
        return node.value
    match node.name:
        case "and":
            return _all(_value(each, row) for each in node.args)
        case "or":
            return _not(_all(_not(_value(each, row)) for each in node.args))
        case "case":
            return _case(node, row)
        case "coalesce":
            return next((value for each in node.args if (value := _value(each, row)) is not None), None)
    return _call(node, [_value(each, row) for each in node.args])


def _all(truths: Any) -> bool | None:
    seen = list(truths)
    return False if False in seen else None if None in seen else True


def _not(truth: bool | None) -> bool | None:
    return None if truth is None else not truth


def _case(node: Call, row: Mapping[str, Any]) -> Any:
    for condition, value in zip(node.args[:-1:2], node.args[1::2], strict=True):
        if _value(condition, row) is True:
            return _value(value, row)
    return _value(node.args[-1], row)


def _call(node: Call, args: list[Any]) -> Any:
    """Apply a call whose operands are all evaluated; first those for which null is no answer by itself."""
    name = node.name
    if name == "is_null":
        return args[0] is None
    if name == "in":
        return _in(args[0], args[1:])
    if name == "nullif":
        return None if None not in args and order(args[0]) == order(args[1]) else args[0]
    if name in ("least", "greatest"):
        present = [each for each in args if each is not None]
        return (min if name == "least" else max)(present, key=order) if present else None
    if None in args:
        return None
    if name in _COMPARISONS:
        left, right = order(args[0]), order(args[1])
        return _COMPARISONS[name]((left > right) - (left < right))
    assert node.type is not None
    if name in ("+", "-", "*", "/", "%", "negate"):
        return _arithmetic(name, args, node.type)
    if name == "cast":
        return cast(args[0], _type_of(node.args[0]), node.type)
    if name == "widen":
        return widen(args[0], _type_of(node.args[0]), node.type)
    if name == "not":
        return not args[0]
    if name == "like":
        return _like(*args)
    return FUNCTIONS[name](node.type, *args)


def _type_of(node: Node) -> DataType:
    assert node.type is not None
    return node.type


def _in(value: Any, options: list[Any]) -> bool | None:
    if value is None:
        return None
    if any(option is not None and order(option) == order(value) for option in options):
        return True
    return None if None in options else False


def _arithmetic(name: str, args: list[Any], kind: DataType) -> Any:
    if kind.kind == "float64":
        return _float_arithmetic(name, *args)
    if kind.kind == "decimal":
        with localcontext() as context:
            context.prec = 120
            result = _whole_arithmetic(name, *args)
            if result is not None and abs(result.scaleb(kind.scale)) >= 10**38:
                raise DataError(f"{name} overflows {kind}")
            return result
    result = _whole_arithmetic(name, *args)
    if result is not None and not -(2**63) <= result < 2**63:
        raise DataError(f"{name} overflows int64")
    return result


def _whole_arithmetic(name: str, left: Any, right: Any = None) -> Any:
    match name:
        case "+":
            return left + right
        case "-":
            return left - right
        case "*":
            return left * right
        case "negate":
            return -left
        case _:
            if right == 0:
                return None
            rest = abs(left) % abs(right)
            return -rest if left < 0 else rest


def _float_arithmetic(name: str, left: float, right: float = 0.0) -> float | None:
    match name:
        case "+":
            return left + right
        case "-":
            return left - right
        case "*":
            return left * right
        case "negate":
            return -left
    if right == 0:
        return None
    if name == "/":
        return left / right
    return math.nan if math.isinf(left) or math.isnan(left) else math.fmod(left, right)


def _like(value: str, pattern: str, escape: str | None = None) -> bool:
    parts, at = [], 0
    while at < len(pattern):
        mark = pattern[at]
        if mark == escape:
            at += 1
            parts.append(re.escape(pattern[at]))
        else:
            parts.append({"%": ".*", "_": "."}.get(mark, re.escape(mark)))
        at += 1
    return re.fullmatch("".join(parts), value, re.DOTALL) is not None
