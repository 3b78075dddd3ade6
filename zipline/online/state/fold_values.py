"""Values as features have them: from the fold's plain form to Arrow's columns and Python's objects.

The plain form is Python's own, but times are microseconds and dates are days since the epoch, at any depth.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from typing import Any

import pyarrow as pa

from zipline.time import EPOCH, from_micros
from zipline.types import DataType, to_arrow


def to_array(values: Sequence[Any], kind: DataType) -> pa.Array:
    """Return plain values as an Arrow array.

    >>> from zipline.types import INT64, STRING, map_of
    >>> to_array([{"a": 1}, None], map_of(STRING, INT64)).to_pylist()
    [[('a', 1)], None]
    """
    pairs = _pairs(kind)
    return pa.array(values if pairs is None else [pairs(value) for value in values], to_arrow(kind))


def _pairs(kind: DataType) -> Callable[[Any], Any] | None:
    """Return what makes a map's pairs of a dict, also of dicts inside; None for a type without maps.

    Only the values of a map can be maps: `by` of a histogram.
    """
    if kind.kind != "map":
        return None
    assert kind.element is not None
    inner = _pairs(kind.element)

    def pairs(value: Mapping[Any, Any] | None) -> Any:
        if value is None:
            return None
        return [(key, each if inner is None else inner(each)) for key, each in value.items()]

    return pairs


def to_python(kind: DataType) -> Callable[[Any], Any] | None:
    """Return what makes Python's objects of plain values of a type; None where they are the same.

    >>> from zipline.types import DATE, list_of
    >>> convert = to_python(list_of(DATE))
    >>> convert and convert([0, None])
    [datetime.date(1970, 1, 1), None]
    """
    match kind.kind:
        case "timestamp":
            return _moment
        case "date":
            return _day
        case "struct":
            return _struct({name: to_python(each) for name, each in kind.fields})
        case "map":
            assert kind.key is not None
            assert kind.element is not None
            return _map(to_python(kind.key), to_python(kind.element))
    if kind.element is None or (inner := to_python(kind.element)) is None:
        return None
    return lambda values: None if values is None else [inner(each) for each in values]


def _moment(value: int | datetime | None) -> datetime | None:
    return from_micros(value) if isinstance(value, int) else value


def _day(value: int | date | None) -> date | None:
    return date.fromordinal(EPOCH.toordinal() + value) if isinstance(value, int) else value


def _struct(fields: Mapping[str, Callable[[Any], Any] | None]) -> Callable[[Any], Any] | None:
    changed = {name: convert for name, convert in fields.items() if convert is not None}
    if not changed:
        return None

    def convert(value: Mapping[str, Any] | None) -> Any:
        if value is None:
            return None
        return {**value, **{name: each(value[name]) for name, each in changed.items()}}

    return convert


def _map(
    key: Callable[[Any], Any] | None, element: Callable[[Any], Any] | None
) -> Callable[[Any], Any] | None:
    if key is None and element is None:
        return None

    def convert(value: Mapping[Any, Any] | None) -> Any:
        if value is None:
            return None
        return {
            (key(name) if key else name): (element(each) if element else each) for name, each in value.items()
        }

    return convert
