"""Which type operands meet in: bool -> int64 -> decimal -> float64, date -> timestamp, null -> anything."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from zipline.types import BOOL, DATE, FLOAT32, FLOAT64, INT64, NULL, TIMESTAMP, DataType, decimal, list_of

_LADDER: Final = ("bool", "int64", "decimal", "float64")
_INT_DIGITS: Final = 19


def widened(column: DataType) -> DataType:
    """Return the type that a column or element has inside an expression: a lone float32 is a float64."""
    return FLOAT64 if column == FLOAT32 else column


def common(types: Iterable[DataType]) -> DataType | None:
    """Return the narrowest type that all of them widen to, or None.

    >>> str(common([INT64, decimal(10, 2)])), common([INT64, TIMESTAMP])
    ('decimal(21,2)', None)
    """
    found: DataType | None = NULL
    for each in types:
        found = None if found is None else _meet(found, each)
    return found


def fits(have: DataType, want: DataType) -> bool:
    """Return whether a value of type `have` can be used, widened, where `want` is asked for."""
    return common([have, want]) == want


def element_of(listed: DataType) -> DataType:
    """Return the type in which the elements of a list or vector are handed out."""
    assert listed.element is not None
    return widened(listed.element)


def _meet(left: DataType, right: DataType) -> DataType | None:
    if left == right or right == NULL:
        return left
    if left == NULL:
        return right
    if left.kind in _LADDER and right.kind in _LADDER:
        return _numeric(left, right)
    if {left, right} == {DATE, TIMESTAMP}:
        return TIMESTAMP
    if left.kind in ("list", "vector") and right.kind in ("list", "vector"):
        element = _meet(element_of(left), element_of(right))
        return None if element is None else list_of(element)
    return None


def _numeric(left: DataType, right: DataType) -> DataType | None:
    wide, narrow = sorted((left, right), key=lambda each: _LADDER.index(each.kind), reverse=True)
    if wide.kind != "decimal":
        return wide
    digits = max(_whole_digits(wide), _whole_digits(narrow))
    scale = max(wide.scale, narrow.scale)
    return decimal(digits + scale, scale) if digits + scale <= 38 else None


def _whole_digits(number: DataType) -> int:
    return {BOOL: 1, INT64: _INT_DIGITS}.get(number, number.precision - number.scale)
