"""Numbers: every overflow is an error, every division by zero is null, every rounding is one IEEE step."""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any, Final

import numpy as np

from zipline.expressions.rows import Rows
from zipline.expressions.tree import Call
from zipline.expressions.values import Array, Mask, Values, both, from_objects
from zipline.types import FLOAT64, INT64

_LEAST: Final = np.int64(-(2**63))
_BEYOND: Final = 10**38
_PLAIN: Final[dict[str, Callable[[Any, Any], Any]]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
}


def _arithmetic(node: Call, rows: Rows, left: Values, right: Values) -> Values:
    valid = both(left, right)
    if node.type == FLOAT64:
        return Values(_PLAIN[node.name](left.data, right.data), valid)
    if node.type == INT64:
        return Values(_checked(node.name, rows, left, right, valid), valid)
    return _decimals(node, rows, _PLAIN[node.name], left, right)


def _checked(name: str, rows: Rows, left: Values, right: Values, valid: Mask | None) -> Array:
    a, b = left.data, right.data
    result: Array = _PLAIN[name](a, b)
    if name == "+":
        overflow = ((a ^ result) & (b ^ result)) < 0
    elif name == "-":
        overflow = ((a ^ b) & (a ^ result)) < 0
    else:
        overflow = _product_overflow(a, b)
    rows.refuse(
        overflow if valid is None else overflow & valid, f"{{}} {name} {{}} is beyond int64", left, right
    )
    return result


def _product_overflow(a: Array, b: Array) -> Mask:
    """Return where a * b leaves int64: by size where that settles it, else in Python's integers."""
    largest = [max(abs(int(each.max())), abs(int(each.min()))) if len(each) else 0 for each in (a, b)]
    if largest[0] * largest[1] < 2**63:
        return np.zeros(len(a), np.bool_)
    exact = (x * y for x, y in zip(a.tolist(), b.tolist(), strict=True))
    return np.fromiter((not -(2**63) <= each < 2**63 for each in exact), np.bool_, len(a))


def _decimals(node: Call, rows: Rows, step: Callable[..., Any], *operands: Values) -> Values:
    """Apply an exact step to unscaled integers and check that 38 digits hold each result."""
    assert node.type is not None
    results: list[int | None] = []
    for row, numbers in enumerate(zip(*(each.objects() for each in operands), strict=True)):
        found = None if None in numbers else step(*numbers)
        if found is not None and abs(found) >= _BEYOND:
            raise rows.error(row, f"the result of {node.name} has more than 38 digits")
        results.append(found)
    return from_objects(results, node.type)


def _divide(node: Call, rows: Rows, left: Values, right: Values) -> Values:
    zero = right.data == 0.0
    return Values(left.data / right.data, _without(both(left, right), zero))


def _without(valid: Mask | None, zero: Mask) -> Mask | None:
    if not zero.any():
        return valid
    return ~zero if valid is None else valid & ~zero


def _remainder(node: Call, rows: Rows, left: Values, right: Values) -> Values:
    if node.type == FLOAT64:
        return Values(np.fmod(left.data, right.data), _without(both(left, right), right.data == 0.0))
    if node.type == INT64:
        zero = right.data == 0
        divisor = np.where(zero | (right.data == -1), np.int64(1), right.data)
        return Values(np.fmod(left.data, divisor), _without(both(left, right), zero))
    return _decimals(node, rows, _signed_remainder, left, right)


def _signed_remainder(a: int, b: int) -> int | None:
    if b == 0:
        return None
    rest = abs(a) % abs(b)
    return -rest if a < 0 else rest


def _kept(node: Call, rows: Rows, number: Values) -> Values:
    step = operator.neg if node.name == "negate" else abs
    if node.type == INT64:
        least = number.data == _LEAST
        rows.refuse(
            least if number.valid is None else least & number.valid,
            f"{node.name} of {{}} is beyond int64",
            number,
        )
        return Values(step(number.data), number.valid)
    if node.type == FLOAT64:
        return Values(step(number.data), number.valid)
    return _decimals(node, rows, step, number)


def _sign(node: Call, rows: Rows, number: Values) -> Values:
    if node.type == FLOAT64 or node.args[0].type == INT64:
        return Values(np.sign(number.data), number.valid)
    signs = [None if each is None else (each > 0) - (each < 0) for each in number.objects()]
    return from_objects(signs, INT64)


def _rounding(node: Call, rows: Rows, number: Values) -> Values:
    if node.type == INT64:
        return number
    if node.type == FLOAT64:
        return Values(_ROUNDED[node.name](number.data), number.valid)
    assert node.type is not None
    unit = 10**node.type.scale
    step = {
        "floor": lambda v: v // unit * unit,
        "ceil": lambda v: -(-v // unit) * unit,
        "round": lambda v: half_away(v, unit) * unit,
    }
    return _decimals(node, rows, step[node.name], number)


def half_away(value: int, unit: int) -> int:
    """Return value / unit rounded to a whole number, halves away from zero.

    >>> half_away(-25, 10), half_away(24, 10)
    (-3, 2)
    """
    whole = (2 * abs(value) + unit) // (2 * unit)
    return -whole if value < 0 else whole


def _half_away_floats(data: Array) -> Array:
    """Add one where the fraction, which is exact, is a half or more; adding 0.5 first would round twice."""
    whole = np.trunc(data)
    return np.where(np.abs(data - whole) >= 0.5, whole + np.copysign(1.0, data), whole)


_ROUNDED: Final[dict[str, Callable[[Array], Array]]] = {
    "floor": np.floor,
    "ceil": np.ceil,
    "round": _half_away_floats,
}


def _sqrt(node: Call, rows: Rows, number: Values) -> Values:
    return Values(np.sqrt(number.data), number.valid)


ARITHMETIC: Final[dict[str, Callable[..., Values]]] = {
    "+": _arithmetic,
    "-": _arithmetic,
    "*": _arithmetic,
    "/": _divide,
    "%": _remainder,
    "negate": _kept,
    "abs": _kept,
    "sign": _sign,
    "floor": _rounding,
    "ceil": _rounding,
    "round": _rounding,
    "sqrt": _sqrt,
}
