"""Comparison and logic: NaN equals NaN and is above every number, -0.0 is 0.0, nulls make three values of
two.
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any, Final

import numpy as np

from zipline.expressions.rows import Rows
from zipline.expressions.tree import Call
from zipline.expressions.values import Mask, Values, both
from zipline.types import BOOL

_FLIPPED: Final = {"<>": ("=", False), "<=": (">", False), ">=": ("<", False)}
_PLAIN: Final[dict[str, Callable[[Any, Any], Any]]] = {"=": operator.eq, "<": operator.lt, ">": operator.gt}


def compare(name: str, left: Values, right: Values) -> Values:
    """Return whether `left name right` for each row, name one of = <> < <= > >=."""
    if name in _FLIPPED:
        outcome = compare(_FLIPPED[name][0], left, right)
        return Values(~outcome.data, outcome.valid)
    valid = both(left, right)
    if left.data.dtype == np.object_:
        return Values(_objects(name, left, right, valid), valid)
    data: Mask = _PLAIN[name](left.data, right.data)
    if left.data.dtype == np.float64:
        a, b = np.isnan(left.data), np.isnan(right.data)
        data = data | {"=": a & b, "<": ~a & b, ">": a & ~b}[name]
    return Values(data, valid)


def _objects(name: str, left: Values, right: Values, valid: Mask | None) -> Mask:
    step = _PLAIN[name]
    there = np.ones(len(left), np.bool_) if valid is None else valid
    rows = zip(left.data.tolist(), right.data.tolist(), there.tolist(), strict=True)
    return np.fromiter((ok and step(a, b) for a, b, ok in rows), np.bool_, len(left))


def _comparison(node: Call, rows: Rows, left: Values, right: Values) -> Values:
    return compare(node.name, left, right)


def _connect(node: Call, rows: Rows, *operands: Values) -> Values:
    """Settle a row by one operand that decides it (false for AND, true for OR), nulls or not."""
    decisive = node.name == "or"
    settled = np.logical_or.reduce([each.mask() & (each.data == decisive) for each in operands])
    valid = both(*operands)
    data = settled if decisive else ~settled
    return Values(data, None if valid is None else valid | settled)


def _not(node: Call, rows: Rows, operand: Values) -> Values:
    return Values(~operand.data, operand.valid)


def _is_null(node: Call, rows: Rows, operand: Values) -> Values:
    return Values(~operand.mask())


def _in(node: Call, rows: Rows, operand: Values, *options: Values) -> Values:
    equal = [compare("=", operand, each) for each in options]
    return _connect(Call("or", (), BOOL), rows, *equal) if len(equal) > 1 else equal[0]


def _extreme(node: Call, rows: Rows, *operands: Values) -> Values:
    """Keep the best so far; a null loses against anything."""
    better = "<" if node.name == "least" else ">"
    best = operands[0]
    for each in operands[1:]:
        wins = each.mask() & (~best.mask() | compare(better, each, best).data)
        data = best.data.copy()
        data[wins] = each.data[wins]
        valid = best.mask() | each.mask()
        best = Values(data, None if valid.all() else valid)
    return best


def _nullif(node: Call, rows: Rows, left: Values, right: Values) -> Values:
    equal = compare("=", left, right)
    gone = equal.data & equal.mask()
    return Values(left.data, left.mask() & ~gone) if gone.any() else left


COMPARING: Final[dict[str, Callable[..., Values]]] = {
    **dict.fromkeys(("=", "<>", "<", "<=", ">", ">="), _comparison),
    "and": _connect,
    "or": _connect,
    "not": _not,
    "is_null": _is_null,
    "in": _in,
    "least": _extreme,
    "greatest": _extreme,
    "nullif": _nullif,
}
