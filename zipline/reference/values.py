"""Values as plain Python, and the two things that hold for all of them: a canonical form and a total order.

A value of type bool, int64, float64, string, binary or decimal is Python's own; a timestamp is an int of
microseconds and a date an int of days since the epoch; lists and vectors are lists, structs are dicts in the
order of their fields, maps are dicts in the order of their keys.
"""

from __future__ import annotations

import math
import struct
from decimal import Decimal
from fractions import Fraction
from typing import Any, Final

from zipline.errors import DefinitionError
from zipline.types import DataType

NAN: Final[float] = struct.unpack("<d", (0x7FF8000000000000).to_bytes(8, "little"))[0]
INFINITY: Final = math.inf


def canonical(value: Any) -> Any:
    """Return the value with -0.0 as 0.0 and every NaN as one, at any depth."""
    if isinstance(value, float):
        return NAN if math.isnan(value) else value + 0.0
    if isinstance(value, list):
        return [canonical(each) for each in value]
    if isinstance(value, dict):
        return {name: canonical(each) for name, each in value.items()}
    return value


def order(value: Any) -> tuple[Any, ...]:
    """Return what compares as the value does: null first, NaN above every number, strings by bytes."""
    if value is None:
        return (0,)
    if isinstance(value, float):
        return (1, math.isnan(value), 0.0 if math.isnan(value) else value)
    if isinstance(value, str):
        return (1, value.encode())
    if isinstance(value, list):
        return (1, tuple(order(each) for each in value))
    if isinstance(value, dict):
        return (1, tuple(order(each) for each in value.values()))
    return (1, value)


def same_key(left: Any, left_type: DataType, right: Any, right_type: DataType) -> bool:
    """Say whether two key parts name the same entity; types other than int and string do not mix."""
    if left is None or right is None:
        return False
    kinds = {left_type.kind, right_type.kind}
    if not (left_type.is_key and right_type.is_key):
        raise DefinitionError(f"{left_type} and {right_type} cannot be compared as keys")
    if len(kinds) == 1:
        return bool(left == right)
    if kinds == {"int64", "string"}:
        return str(left) == str(right)
    raise DefinitionError(f"a key of type {left_type} is asked for as {right_type}")


def to_fraction(value: bool | int | float | Decimal) -> Fraction:
    """Return a finite number exactly."""
    return Fraction(value)


def to_float(value: Fraction | int) -> float:
    """Return the nearest float64, ties to even; beyond the largest one an infinity."""
    try:
        return float(value)
    except OverflowError:
        return INFINITY if value > 0 else -INFINITY


def to_float32(value: Fraction) -> float:
    """Return the nearest float32, ties to even, in one rounding."""
    if value == 0:
        return 0.0
    size = abs(value)
    exponent = size.numerator.bit_length() - size.denominator.bit_length()
    if Fraction(2) ** exponent > size:
        exponent -= 1
    quantum = Fraction(2) ** max(exponent - 23, -149)
    rounded = round(value / quantum) * quantum
    if abs(rounded) >= Fraction(2) ** 128:
        return INFINITY if value > 0 else -INFINITY
    return float(rounded)


def as_float(value: bool | int | float | Decimal) -> float:
    """Return a number as float64, rounded once."""
    return value if isinstance(value, float) else to_float(Fraction(value))
