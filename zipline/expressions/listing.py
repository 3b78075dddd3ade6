"""Lists and vectors: elements by position from 1, membership, and exact sums of products."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from fractions import Fraction
from typing import Any, Final

from zipline.exact import to_float64
from zipline.expressions.rows import Rows
from zipline.expressions.tree import Call
from zipline.expressions.values import Values, by_row, from_objects
from zipline.types import FLOAT64, INT64

_SAFE: Final = (2.0**-450, 2.0**450)
_SPLITTER: Final = 134217729.0
"""2^27 + 1, Dekker's: it cuts a float64 into halves whose products are exact."""


def _len(node: Call, rows: Rows, listed: Values) -> Values:
    return by_row(len, INT64, listed)


def _index(node: Call, rows: Rows, listed: Values, position: Values) -> Values:
    assert node.type is not None
    return by_row(
        lambda elements, at: elements[at - 1] if 1 <= at <= len(elements) else None,
        node.type,
        listed,
        position,
    )


def _contains(node: Call, rows: Rows, listed: Values, wanted: Values) -> Values:
    assert node.type is not None
    return by_row(_contains_one, node.type, listed, wanted)


def _contains_one(elements: list[Any], wanted: Any) -> bool:
    if wanted != wanted:
        return any(each is not None and each != each for each in elements)
    return any(each is not None and each == wanted for each in elements)


def dot(left: Sequence[float], right: Sequence[float]) -> float:
    """Return the exact sum of the products, rounded once; NaN and infinities as IEEE addition gives.

    >>> dot([1e200, 1.0, -1e200], [1e200, 1.0, 1e200])
    1.0
    """
    low, high = _SAFE
    if all(each == 0.0 or low < abs(each) < high for vector in (left, right) for each in vector):
        return math.fsum(part for a, b in zip(left, right, strict=True) for part in _product(a, b)) + 0.0
    plain = [a * b for a, b in zip(left, right, strict=True)]
    if all(map(math.isfinite, (*left, *right))):
        return to_float64(
            sum((Fraction(a) * Fraction(b) for a, b in zip(left, right, strict=True)), Fraction(0))
        )
    odd = [
        each
        for each, a, b in zip(plain, left, right, strict=True)
        if not (math.isfinite(a) and math.isfinite(b))
    ]
    return sum(odd)


def _product(a: float, b: float) -> tuple[float, float]:
    """Return a * b as two floats whose sum it is (Dekker, 1971)."""
    product = a * b
    a_high, b_high = _high(a), _high(b)
    a_low, b_low = a - a_high, b - b_high
    return product, ((a_high * b_high - product) + a_high * b_low + a_low * b_high) + a_low * b_low


def _high(number: float) -> float:
    scaled = number * _SPLITTER
    return scaled - (scaled - number)


def norm(vector: Sequence[float]) -> float:
    """Return the square root of the exact sum of squares, rounded to float64 before the root is taken."""
    return math.sqrt(dot(vector, vector))


def cosine(left: Sequence[float], right: Sequence[float]) -> float | None:
    """Return dot / (norm * norm); None where a vector has no direction."""
    lengths = norm(left) * norm(right)
    return None if lengths == 0.0 else dot(left, right) / lengths


_VECTORS: Final[dict[str, Callable[..., float | None]]] = {"dot": dot, "cosine": cosine, "norm": norm}


def _vectors(node: Call, rows: Rows, *operands: Values) -> Values:
    results: list[float | None] = []
    for row, vectors in enumerate(zip(*(each.objects() for each in operands), strict=True)):
        if any(vector is None for vector in vectors):
            results.append(None)
            continue
        if len({len(vector) for vector in vectors}) > 1:
            raise rows.error(
                row,
                f"{node.name} of vectors with {' and '.join(str(len(each)) for each in vectors)} elements",
            )
        missing = any(each is None for vector in vectors for each in vector)
        results.append(None if missing else _VECTORS[node.name](*vectors))
    return from_objects(results, FLOAT64)


LISTING: Final[dict[str, Callable[..., Values]]] = {
    "len": _len, "index": _index, "list_contains": _contains, **dict.fromkeys(_VECTORS, _vectors),
}  # fmt: skip
