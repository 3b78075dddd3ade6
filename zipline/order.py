"""The one order of values: NaN above every number, null first, nested values element by element, shorter
first."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

OrderKey = tuple[Any, ...]


def canonical_float(value: float) -> float:
    """Return 0.0 for -0.0 and the one NaN (0x7FF8000000000000) for every NaN; other floats as they are.

    >>> canonical_float(-0.0), canonical_float(float("-nan"))
    (0.0, nan)
    """
    return math.nan if value != value else value + 0.0


def canonical(value: Any) -> Any:
    """Return a value with every float inside it canonical; lists and structs are copied, never changed.

    >>> canonical({"a": [-0.0, None]})
    {'a': [0.0, None]}
    """
    if isinstance(value, float):
        return canonical_float(value)
    if isinstance(value, tuple):
        return tuple(canonical(each) for each in value)
    if isinstance(value, list):
        return [canonical(each) for each in value]
    if isinstance(value, Mapping):
        return {name: canonical(each) for name, each in value.items()}
    return value


def order_key(value: Any) -> OrderKey:
    """Return a hashable key that sorts, and equals, as section 1 of the semantics orders values of one type.

    Strings compare by code points, which is the order of their UTF-8 bytes. A struct (a mapping) compares by
    its fields in the order of its type.

    >>> sorted([float("nan"), 2.0, None, float("inf")], key=order_key)
    [None, 2.0, inf, nan]
    >>> order_key([1, None]) < order_key([1, 0]) < order_key([1, 0, None])
    True
    """
    if value is None:
        return (0,)
    if isinstance(value, float):
        return (1, True, 0.0) if value != value else (1, False, value)
    if isinstance(value, (list, tuple)):
        return (1, tuple(order_key(each) for each in value))
    if isinstance(value, Mapping):
        return (1, tuple(order_key(each) for each in value.values()))
    return (1, False, value)
