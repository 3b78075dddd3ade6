"""Write a tree back as text: one text per tree, and the text reads back as the same tree."""

from __future__ import annotations

import re
from datetime import UTC, date
from typing import Final

from zipline.expressions.cursor import RESERVED
from zipline.expressions.tree import Call, Column, Literal, Node
from zipline.time import from_micros
from zipline.types import DATE, TIMESTAMP

_INFIX: Final = frozenset(
    ["+", "-", "*", "/", "%", "=", "<>", "<", "<=", ">", ">=", "||", "and", "or", "like", "in"]
)
_NAME: Final = re.compile(r"[^\W\d]\w*")
_EPOCH_DAY: Final = date(1970, 1, 1).toordinal()


def canonical(node: Node) -> str:
    """Return the canonical text: operators' operands in parentheses, words of SQL in upper case, functions in
    lower case.
    """
    match node:
        case Column(name):
            return (
                name
                if _NAME.fullmatch(name) and name.upper() not in RESERVED
                else '"' + name.replace('"', '""') + '"'
            )
        case Literal():
            return _literal(node)
        case Call("negate", (operand,)):
            return f"- {_operand(operand)}"
        case Call("not", (operand,)):
            return f"NOT {_operand(operand)}"
        case Call("is_null", (operand,)):
            return f"{_operand(operand)} IS NULL"
        case Call("index", (operand, position)):
            return f"{_operand(operand)}[{canonical(position)}]"
        case Call("case", args):
            pairs = zip(args[:-1:2], args[1::2], strict=True)
            whens = " ".join(
                f"WHEN {canonical(condition)} THEN {canonical(value)}" for condition, value in pairs
            )
            return f"CASE {whens} ELSE {canonical(args[-1])} END"
        case Call("cast", (operand,), to):
            return f"CAST({canonical(operand)} AS {to})"
        case Call("in", (operand, *options)):
            return f"{_operand(operand)} IN ({', '.join(map(canonical, options))})"
        case Call("like", (operand, pattern, *escape)):
            ending = f" ESCAPE {canonical(escape[0])}" if escape else ""
            return f"{_operand(operand)} LIKE {canonical(pattern)}{ending}"
        case Call(name, args) if name in _INFIX:
            return f" {name.upper()} ".join(map(_operand, args))
    return f"{node.name}({', '.join(map(canonical, node.args))})"


def _operand(node: Node) -> str:
    text = canonical(node)
    bare = not isinstance(node, Call) or not (
        node.name in _INFIX or node.name in ("negate", "not", "is_null")
    )
    return text if bare else f"({text})"


def _literal(literal: Literal) -> str:
    value = literal.value
    if value is None:
        return "NULL"
    if isinstance(value, bool):
        return str(value).upper()
    if isinstance(value, str):
        return "'" + value.replace("'", "''") + "'"
    if literal.type == DATE:
        return f"DATE '{date.fromordinal(int(value) + _EPOCH_DAY).isoformat()}'"
    if literal.type == TIMESTAMP:
        moment = from_micros(int(value)).astimezone(UTC)
        return f"TIMESTAMP '{moment.replace(tzinfo=None).isoformat()}Z'"
    return repr(value)
