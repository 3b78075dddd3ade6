"""Read the constants of an expression: numbers, moments, types to cast to."""

from __future__ import annotations

import math
from typing import Final

from zipline.errors import ZiplineError
from zipline.expressions.signatures import CASTS
from zipline.expressions.tokens import Token, refusal
from zipline.expressions.tree import Call, Literal, Node
from zipline.time import parse_time
from zipline.types import DATE, FLOAT64, INT64, TIMESTAMP, DataType, parse_type

_MICROS_PER_DAY: Final = 86_400_000_000
_TARGETS: Final = "bool, bigint, double, varchar, date, timestamp and decimal(p,s)"


def number(text: str, token: Token, *, negative: bool) -> Literal:
    """Return an int64, or, with a point or an exponent, a float64."""
    digits = f"-{token.text}" if negative else token.text
    if token.text.isdigit():
        if not -(2**63) <= int(digits) < 2**63:
            hint = "write it with a point for a float64, such as 1e30"
            raise refusal(text, token.at, f"{digits} is beyond int64", hint)
        return Literal(int(digits), INT64, token.at)
    value = float(digits) + 0.0
    if math.isinf(value):
        raise refusal(text, token.at, f"{digits} is beyond the largest float64")
    return Literal(value, FLOAT64, token.at)


def negated(node: Node, at: int) -> Node:
    """Return minus a node; of a constant, the constant, so that `-(5)` and `-5` are one."""
    if isinstance(node, Literal) and node.type in (INT64, FLOAT64) and isinstance(node.value, int | float):
        value = 0 - node.value
        if node.type == FLOAT64 or value < 2**63:
            return Literal(value, node.type, at)
    return Call("negate", (node,), at=at)


def moment(text: str, kind: Token, written: Token) -> Literal:
    """Return the value of `DATE '...'` or `TIMESTAMP '...'`."""
    try:
        micros = parse_time(written.value)
    except ZiplineError as error:
        raise refusal(text, written.at, error.message, error.hint) from None
    if kind.value == "TIMESTAMP":
        return Literal(micros, TIMESTAMP, kind.at)
    if len(written.value) != len("YYYY-MM-DD"):
        raise refusal(text, written.at, f"{written.value!r} is not a date", "write DATE 'YYYY-MM-DD'")
    return Literal(micros // _MICROS_PER_DAY, DATE, kind.at)


def target(text: str, name: str, at: int) -> DataType:
    """Return the type that `CAST` is to give."""
    try:
        found = parse_type(name)
    except ZiplineError as error:
        raise refusal(text, at, f"CAST cannot give {name!r}", error.hint) from None
    if found.kind not in CASTS:
        raise refusal(text, at, f"CAST cannot give {found}", f"it gives {_TARGETS}")
    return found
