"""Check the call of a function as far as its text tells: its name, how many arguments, its unit."""

from __future__ import annotations

from zipline.errors import ExpressionError, nearest
from zipline.expressions.signatures import AGGREGATES, FUNCTIONS, UNITS, Signature
from zipline.expressions.tokens import Token, refusal
from zipline.expressions.tree import Call, Literal, Node
from zipline.types import STRING


def check_name(text: str, token: Token, *, derived: bool) -> None:
    """Refuse a function that does not exist, or not here."""
    name = token.text.lower()
    if name not in FUNCTIONS:
        raise _unknown(text, token, name, derived=derived)
    if FUNCTIONS[name].derived and not derived:
        message = f"{name} is for Derived only: engines differ in its last bits"
        raise refusal(text, token.at, message, "compute it after the windows, in a Derived")


def build(text: str, token: Token, args: list[Node]) -> Call:
    """Return the call of a function that is known, once its arguments are read."""
    name = token.text.lower()
    signature = FUNCTIONS[name]
    if len(args) < signature.least or (signature.most is not None and len(args) > signature.most):
        message = f"{name} takes {_count(signature)}, not {len(args)}"
        raise refusal(text, token.at, message, f"it takes {signature.takes}")
    if signature.unit:
        args = [_unit(text, args[0]), *args[1:]]
    return Call("case" if name == "if" else name, tuple(args), at=token.at)


def _unknown(text: str, token: Token, name: str, *, derived: bool) -> ExpressionError:
    if name in AGGREGATES:
        message = f"{name} is an aggregate; an expression is about one row"
        hint = "aggregate in the feature itself, such as Sum(column), or use least and greatest within a row"
        return refusal(text, token.at, message, hint)
    allowed = [each for each, signature in FUNCTIONS.items() if derived or not signature.derived]
    return refusal(text, token.at, f"unknown function {name!r}", nearest(name, allowed))


def _count(signature: Signature) -> str:
    if signature.most is None:
        return f"{signature.least} or more arguments"
    if signature.most > signature.least:
        return f"{signature.least} to {signature.most} arguments"
    return "1 argument" if signature.least == 1 else f"{signature.least} arguments"


def _unit(text: str, node: Node) -> Literal:
    if not isinstance(node, Literal) or not isinstance(node.value, str):
        raise refusal(text, node.at, "the unit must be a literal string", nearest("", UNITS))
    if node.value.lower() not in UNITS:
        raise refusal(text, node.at, f"{node.value!r} is not a unit", nearest(node.value.lower(), UNITS))
    return Literal(node.value.lower(), STRING, node.at)
