"""What an engine may give that leaves out an operand which cannot change the result, and so the operand's error.

Spark looks at no second operand where the first is null, at no dividend where the divisor is null or zero, and at no
more of AND, OR and IN than it needs. Only an operand that fails beside one that settles the result may be left out:
a null, a divisor of zero, FALSE for AND, TRUE for OR, an option of IN that is equal.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from itertools import product
from typing import Any, Final

from zipline.errors import DataError
from zipline.expressions import Call, Column, Literal, Node
from zipline.expressions.resolve import type_of
from zipline.reference.evaluate import _value
from zipline.time import to_micros

FAILED: Final = "an error"
EPOCH_DAY: Final = date(1970, 1, 1).toordinal()


def outcomes(node: Node, row: Mapping[str, Any]) -> list[Any]:
    """Return the physical values that a typed tree may have, and FAILED where it may fail."""
    if isinstance(node, Column):
        return [_physical(row.get(node.name))]
    if isinstance(node, Literal):
        return [node.value]
    if node.name == "case":
        return _case(node, row)
    if node.name == "coalesce":
        return _coalesce(node.args, row)
    operands = [outcomes(each, row) for each in node.args]
    return [each for args in product(*operands) for each in _applied(node, args)]


def _physical(value: Any) -> Any:
    if hasattr(value, "tzinfo"):
        return to_micros(value)
    return value.toordinal() - EPOCH_DAY if isinstance(value, date) else value


def _case(node: Call, row: Mapping[str, Any]) -> list[Any]:
    if len(node.args) == 1:
        return outcomes(node.args[0], row)
    found: list[Any] = []
    for truth in outcomes(node.args[0], row):
        if truth is FAILED:
            found.append(FAILED)
        elif truth is True:
            found += outcomes(node.args[1], row)
        else:
            found += _case(replace(node, args=node.args[2:]), row)
    return found


def _coalesce(args: tuple[Node, ...], row: Mapping[str, Any]) -> list[Any]:
    found: list[Any] = []
    for value in outcomes(args[0], row):
        found += _coalesce(args[1:], row) if value is None and args[1:] else [value]
    return found


def _applied(node: Call, args: tuple[Any, ...]) -> list[Any]:
    if FAILED in args:
        return [FAILED, *_settled(node, args)]
    try:
        return [_result(node, args)]
    except DataError:
        return [FAILED]


def _result(node: Call, args: tuple[Any, ...]) -> Any:
    pairs = zip(args, node.args, strict=True)
    return _value(replace(node, args=tuple(Literal(each, type_of(old)) for each, old in pairs)), {})


def _settled(node: Call, args: tuple[Any, ...]) -> list[Any]:
    """Return the result that the operands settle which did not fail; none where they do not."""
    known = [each for each in args if each is not FAILED]
    match node.name:
        case "and" | "or":
            settling = node.name == "or"
            return [settling] if any(each is settling for each in known) else []
        case "in" if args[0] is FAILED:
            return []
        case "in" if args[0] is not None:
            pair = replace(node, args=node.args[:2])
            return [True] if any(_result(pair, (args[0], each)) for each in known[1:]) else []
        case "nullif":
            return [None] if args[0] is None else []
        case "is_null" | "least" | "greatest":
            return []
        case "/" | "%" if args[1] is not FAILED and args[1] is not None and args[1] == 0:
            return [None]
    return [None] if None in known else []
