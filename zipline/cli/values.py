"""Feature values as people and programs read them."""

from __future__ import annotations

import math
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from zipline.types import from_arrow

if TYPE_CHECKING:
    import pyarrow as pa

DIGITS = 6  # of a float that a person reads


def plain(value: Any) -> Any:
    """Return a value as JSON can hold it.

    Times are ISO 8601 text, decimals and what JSON has no number for are text, bytes are hexadecimal, maps are objects.

    >>> from decimal import Decimal
    >>> plain({"delay": float("nan"), "last": [Decimal("1.50"), b"x"]})
    {'delay': 'NaN', 'last': ['1.50', '78']}
    """
    if isinstance(value, float) and not math.isfinite(value):
        return _special(value)
    if isinstance(value, dict):
        return {name: plain(each) for name, each in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(each) for each in value]
    if value is None or isinstance(value, (bool, int, float, str)):
        return value
    return _text(value)


def shown(value: Any, *, exact: bool = True, outer: bool = True) -> str:
    """Return a value as a person reads it.

    Args:
        value: of any of zipline's types, as Arrow makes it a Python object.
        exact: floats with all their digits, or with six.
        outer: not inside a list or struct: a text stands without quotes unless that would hide something.

    >>> shown([{"dest": "SFO", "arr_delay": -6}, {"dest": None, "arr_delay": 2 / 3}], exact=False)
    '[{dest: SFO, arr_delay: -6}, {dest: null, arr_delay: 0.666667}]'
    """
    if isinstance(value, float):
        if not math.isfinite(value):
            return _special(value)
        return repr(value) if exact else repr(float(f"{value:.{DIGITS}g}"))
    if isinstance(value, dict):
        pairs = (f"{name}: {shown(each, exact=exact, outer=False)}" for name, each in value.items())
        return f"{{{', '.join(pairs)}}}"
    if isinstance(value, (list, tuple)):
        return f"[{', '.join(shown(each, exact=exact, outer=False) for each in value)}]"
    if isinstance(value, str):
        hides = "null" if outer else ",:[]{}"
        quoted = value in ("", "null") or value != value.strip() or not value.isprintable()
        return repr(value) if quoted or (not outer and any(mark in value for mark in hides)) else value
    return "null" if value is None else str(value).lower() if isinstance(value, bool) else _text(value)


def as_objects(column: pa.ChunkedArray) -> list[Any]:
    """Return an Arrow column's values as Python objects, maps as dicts in their order."""
    return [_object(value, column.type) for value in column.to_pylist()]


def type_name(kind: pa.DataType) -> str:
    """Return the name of a feature's Arrow type, as messages have it.

    >>> import pyarrow as pa
    >>> type_name(pa.map_(pa.string(), pa.float64()))
    'map<string, float64>'
    """
    import pyarrow.types as arrow

    if arrow.is_map(kind):
        return f"map<{type_name(kind.key_type)}, {type_name(kind.item_type)}>"
    return str(from_arrow(kind))


def _special(value: float) -> str:
    return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"


def _text(value: Any) -> str:
    if isinstance(value, datetime):
        return value.isoformat().replace("+00:00", "Z")
    if isinstance(value, bytes):
        return value.hex()
    return value.isoformat() if isinstance(value, date) else str(value)


def _object(value: Any, kind: pa.DataType) -> Any:
    import pyarrow.types as arrow

    if value is None:
        return None
    if arrow.is_map(kind):
        return {shown(key): _object(each, kind.item_type) for key, each in value}
    if arrow.is_struct(kind):
        return {field.name: _object(value[field.name], field.type) for field in kind}
    if arrow.is_list(kind) or arrow.is_large_list(kind) or arrow.is_fixed_size_list(kind):
        return [_object(each, kind.value_type) for each in value]
    return value
