"""Values as JSON has them, both ways: nothing is rounded, and nothing is lost on the way.

| type | JSON |
|---|---|
| bool, int64, string | as they are |
| float64, float32 | a number; `"NaN"`, `"Infinity"`, `"-Infinity"` |
| decimal | its text, with all its digits: `"12.50"` |
| binary | its text in base64 |
| date, timestamp | `"2024-06-01"`, `"2024-06-01T12:00:00.000000Z"` |
| list, vector | an array |
| struct | an object |
| map | an object; keys that are no strings are their text: `"7"`, `"true"`, `"2024-06-01"` |
"""

from __future__ import annotations

import base64
import math
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import lru_cache
from typing import Any, TypeAlias

from zipline.time import from_micros
from zipline.types import DataType

Form: TypeAlias = Callable[[Any], Any]
"""Gives the form of a value that is not None."""
_NOT_FINITE = {"NaN": math.nan, "Infinity": math.inf, "-Infinity": -math.inf}


def form(kind: DataType) -> Form | None:
    """Return what gives the JSON form of values of a type; None where they are written as they are.

    >>> form(DataType("float64"))(float("inf"))
    'Infinity'
    """
    match kind.kind:
        case "float64" | "float32":
            return _number
        case "decimal":
            return _decimal
        case "binary":
            return _binary
        case "date":
            return date.isoformat
        case "timestamp":
            return _timestamp
        case "list" | "vector":
            return _list(kind)
        case "struct":
            return _struct(kind)
        case "map":
            return _map(kind)
        case _:
            return None


def _number(value: float) -> float | str:
    if value - value == 0.0:
        return value
    return "NaN" if value != value else ("Infinity" if value > 0 else "-Infinity")


def _decimal(value: Decimal) -> str:
    return format(value, "f")


def _binary(value: bytes) -> str:
    return base64.b64encode(value).decode()


def _timestamp(value: datetime) -> str:
    return value.astimezone(UTC).isoformat(timespec="microseconds")[:26] + "Z"


def instant_text(micros: int) -> str:
    """Return an instant as timestamps are written.

    >>> instant_text(0)
    '1970-01-01T00:00:00.000000Z'
    """
    second, part = divmod(micros, 1_000_000)
    return f"{_second_text(second)}.{part:06}Z"


@lru_cache(64)
def _second_text(second: int) -> str:
    """Return a second as text; the answers of one second share it."""
    return _timestamp(from_micros(second * 1_000_000)).partition(".")[0]


def _list(kind: DataType) -> Form:
    assert kind.element is not None
    each = _or_none(kind.element)
    return lambda values: [each(value) for value in values]


def _struct(kind: DataType) -> Form:
    forms = {name: _or_none(each) for name, each in kind.fields}
    return lambda value: {name: each(value[name]) for name, each in forms.items()}


def _map(kind: DataType) -> Form:
    assert kind.key is not None
    assert kind.element is not None
    key, each = _key_text(kind.key), _or_none(kind.element)

    def of(value: Any) -> Mapping[str, Any]:
        pairs = value.items() if isinstance(value, Mapping) else value
        return {key(name): each(inner) for name, inner in pairs}

    return of


def _key_text(kind: DataType) -> Callable[[Any], str]:
    if kind.kind == "bool":
        return lambda value: "true" if value else "false"
    given = form(kind)
    return str if given is None else given


def _or_none(kind: DataType) -> Form:
    given = form(kind)
    if given is None:
        return lambda value: value
    return lambda value: None if value is None else given(value)


def parsed(kind: DataType) -> Form | None:
    """Return what takes a JSON value for a type whose form is a text; None where it is taken as it is.

    The client takes dates, times and decimals as text itself. A value that is no such text is left to it to refuse.

    >>> parsed(DataType("binary"))("AAE=")
    b'\\x00\\x01'
    """
    match kind.kind:
        case "binary":
            return _text(lambda text: base64.b64decode(text, validate=True))
        case "float64" | "float32":
            return _text(_NOT_FINITE.__getitem__)
        case "list" | "vector":
            assert kind.element is not None
            each = parsed(kind.element)
            if each is None:
                return None
            return lambda value: [each(one) for one in value] if isinstance(value, list) else value
        case _:
            return None


def _text(read: Callable[[str], Any]) -> Form:
    def of(value: Any) -> Any:
        if not isinstance(value, str):
            return value
        try:
            return read(value)
        except (ValueError, KeyError):
            return value

    return of
