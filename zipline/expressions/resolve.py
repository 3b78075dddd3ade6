"""Give every node its type and write every widening out, or say which operand does not fit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from zipline.errors import ExpressionError, nearest
from zipline.expressions.signatures import CASTS, FUNCTIONS, OPERATORS, castable, result
from zipline.expressions.tokens import refusal
from zipline.expressions.tree import Call, Column, Literal, Node
from zipline.expressions.widening import widened
from zipline.types import NULL, STRING, DataType


def resolve(node: Node, schema: Mapping[str, DataType], text: str) -> Node:
    """Return the typed tree over columns of `schema`; `text` is shown in errors."""
    if isinstance(node, Literal):
        return node
    if isinstance(node, Column):
        return _column(node, schema, text)
    args = [resolve(each, schema, text) for each in node.args]
    types = [type_of(each) for each in args]
    if node.name == "cast":
        return _cast(node, args[0], text)
    fit = result(node.name, types)
    if fit is None:
        raise _misfit(node, types, text)
    wanted, kind = fit
    return Call(node.name, tuple(map(widen, args, wanted)), kind, node.at)


def type_of(node: Node) -> DataType:
    """Return the type of a node of a typed tree."""
    assert node.type is not None
    return node.type


def widen(node: Node, to: DataType) -> Node:
    """Return the node as a value of type `to`."""
    if node.type == to:
        return node
    if isinstance(node, Literal) and node.value is None:
        return Literal(None, to, node.at)
    return Call("widen", (node,), to, node.at)


def _column(node: Column, schema: Mapping[str, DataType], text: str) -> Node:
    if node.name not in schema:
        raise refusal(text, node.at, f"unknown column {node.name!r}", nearest(node.name, schema))
    column = Column(node.name, schema[node.name], node.at)
    return widen(column, widened(schema[node.name]))


def _cast(node: Call, operand: Node, text: str) -> Node:
    target, source = type_of(node), type_of(operand)
    if source == NULL:
        return (
            Literal(None, target, node.at)
            if isinstance(operand, Literal)
            else Call("widen", (operand,), target, node.at)
        )
    if source == target:
        return operand
    if castable(source, target):
        return Call("cast", (operand,), target, node.at)
    hint = f"to {target.kind} it takes {', '.join(CASTS[target.kind])}"
    if target == STRING and source.kind == "float64":
        hint = "engines write floats differently: cast to decimal columns at the source, or compare numbers"
    raise refusal(text, node.at, f"CAST cannot take {source} to {target}", hint)


def _misfit(node: Call, types: Sequence[DataType], text: str) -> ExpressionError:
    signature = OPERATORS.get(node.name) or FUNCTIONS[node.name]
    given = ", ".join(str(each) for each in types)
    name = "[]" if node.name == "index" else node.name
    name = name.upper() if name in OPERATORS and name.isalpha() else name
    return refusal(
        text, node.at, f"{name} cannot take {given}", f"it takes {signature.takes}{_advice(node, types)}"
    )


def _advice(node: Call, types: Sequence[DataType]) -> str:
    kinds = {each.kind for each in types}
    if node.name == "||" and "string" in kinds:
        return "; write CAST(x AS varchar)"
    if kinds & {"timestamp", "date"} and "string" in kinds:
        return "; write TIMESTAMP '2024-06-01T12:00:00Z' or DATE '2024-06-01'"
    if kinds & {"timestamp", "date"} and node.name in ("+", "-"):
        return "; use date_diff, or epoch_us and microseconds"
    return ""
