"""Values that callers give, one by one, in the types that a request's fields have."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final

from zipline.engines.duckdb.keys import CANONICAL_INTEGER
from zipline.errors import RequestError, nearest
from zipline.types import DataType, to_arrow
from zipline.value_text import read_value

_CANONICAL: Final = re.compile(CANONICAL_INTEGER)
_EXACT: Final[Mapping[str, type]] = {
    "bool": bool, "int64": int, "float64": float, "string": str, "binary": bytes, "date": date,
}  # fmt: skip
TEXTS: Final = frozenset({"date", "timestamp", "decimal"})
"""Types whose values may be given as text, as JSON has no such type."""


def key_value(value: Any, kind: DataType, field: str) -> Any:
    """Return a key part in its source's type; None for null, and for what can be equal to no key.

    An int equals a string in canonical decimal form.

    Raises:
        RequestError: it is of a type that is not compared with the source's.

    >>> from zipline.types import INT64, STRING
    >>> key_value(7, STRING, "user"), key_value("7", INT64, "user"), key_value("07", INT64, "user")
    ('7', 7, None)
    """
    if value is None or type(value) is _EXACT.get(kind.kind):
        return value
    value = _plain(value)
    if kind.kind == "int64" and isinstance(value, str):
        return int(value) if _CANONICAL.fullmatch(value) else None
    if kind.kind == "string" and _is_int(value):
        return str(value)
    value = _taken(value, kind, field)
    return _scaled(value, kind) if kind.kind == "decimal" else value


def field_value(value: Any, kind: DataType, field: str) -> Any:
    """Return the value of a request's field; an int is taken for a float.

    Raises:
        RequestError: it is of another type.
    """
    if value is None:
        return None
    value = _plain(value)
    if kind.kind == "float64" and _is_int(value):
        return float(value)
    value = _taken(value, kind, field)
    if kind.kind == "decimal" and not _fits_arrow(value, kind):
        raise _refused(value, kind, field)
    return value


def check_fields(title: str, given: Mapping[str, Any], fields: Mapping[str, DataType]) -> None:
    """Refuse fields that a service does not read: a misspelt key would be taken for a null one.

    Raises:
        RequestError: it names the nearest field.
    """
    for name in given:
        if name not in fields:
            raise RequestError(f"{title} has no field {name!r}", hint=nearest(str(name), fields))


def from_text(value: Any, kind: DataType, field: str) -> Any:
    """Return what a text stands for where JSON has no such type: a date, a time, a decimal; anything else as it is.

    Raises:
        RequestError: the text is none.
    """
    if not (isinstance(value, str) and kind.kind in TEXTS):
        return value
    try:
        return read_value(value, kind)
    except RequestError as error:
        raise error.at(f"field {field!r}") from None


def _taken(value: Any, kind: DataType, field: str) -> Any:
    """Return a value that is of the type, in one of the forms that it may have."""
    if value is None:
        return None
    value = from_text(value, kind, field)
    check = _FITS.get(kind.kind, _fits_arrow)
    if not check(value, kind):
        raise _refused(value, kind, field)
    return value


def _refused(value: Any, kind: DataType, field: str) -> RequestError:
    return RequestError(
        f"field {field!r} is {value!r}; it has the type {kind}", hint="give a value of that type, or None"
    )


def _plain(value: Any) -> Any:
    """Return a number or text of numpy as Python has it."""
    return value.item() if type(value).__module__ == "numpy" and hasattr(value, "item") else value


def _is_int(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _scaled(value: Decimal | None, kind: DataType) -> Decimal | None:
    """Return a decimal that has no more digits after the point than its type, else None: it equals none."""
    if value is None or not value.is_finite():
        return None
    exponent = value.normalize().as_tuple().exponent
    return value if isinstance(exponent, int) and -exponent <= kind.scale else None


def _fits_arrow(value: Any, kind: DataType) -> bool:
    import pyarrow as pa

    try:
        pa.array([value], to_arrow(kind))
    except (pa.ArrowException, TypeError, ValueError):
        return False
    return True


_FITS: Final[Mapping[str, Callable[[Any, DataType], bool]]] = {
    "bool": lambda value, _: isinstance(value, bool),
    "int64": lambda value, _: _is_int(value) and -(2**63) <= value < 2**63,
    "float64": lambda value, _: isinstance(value, float),
    "string": lambda value, _: isinstance(value, str),
    "binary": lambda value, _: isinstance(value, (bytes, bytearray)),
    "date": lambda value, _: isinstance(value, date) and not isinstance(value, datetime),
    "timestamp": lambda value, _: isinstance(value, datetime),
    "decimal": lambda value, _: isinstance(value, Decimal),
}
