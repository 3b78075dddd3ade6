"""The bytes that stand for a value where it is hashed: equal values have equal bytes on every engine."""

from __future__ import annotations

import struct
from array import array
from collections.abc import Iterable, Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from zipline.order import canonical_float
from zipline.time import to_micros

EPOCH_DAY = date(1970, 1, 1).toordinal()


def canonical_bytes(value: Any) -> bytes:
    """Return the bytes of a value that is not null.

    An int, a date (days since the epoch), a timestamp (microseconds) and a canonical float are 8 bytes, a
    decimal's unscaled value 16, all little-endian; a bool is one byte, a string its UTF-8. A list or struct
    is its elements in turn: a byte that says whether one is there, and then the length of its bytes, in 8
    bytes, before them.

    >>> canonical_bytes(-1) == b"\\xff" * 8, canonical_bytes(True), canonical_bytes("é")
    (True, b'\\x01', b'\\xc3\\xa9')
    """
    match value:
        case bool():
            return bytes([value])
        case int():
            return value.to_bytes(8, "little", signed=True)
        case float():
            return struct.pack("<d", canonical_float(value))
        case Decimal():
            return _unscaled(value).to_bytes(16, "little", signed=True)
        case str():
            return value.encode()
        case bytes():
            return value
        case datetime():
            return to_micros(value).to_bytes(8, "little", signed=True)
        case date():
            return (value.toordinal() - EPOCH_DAY).to_bytes(8, "little", signed=True)
        case Mapping():
            return _joined(value.values())
        case list() | tuple() | array():
            return _joined(value)
        case _:
            raise TypeError(f"{type(value).__name__} is no value of a column")


def _unscaled(value: Decimal) -> int:
    sign, digits, _ = value.as_tuple()
    return (-1 if sign else 1) * int("".join(map(str, digits)))


def _joined(elements: Iterable[Any]) -> bytes:
    parts = (None if each is None else canonical_bytes(each) for each in elements)
    return b"".join(
        b"\0" if part is None else b"\1" + len(part).to_bytes(8, "little") + part for part in parts
    )
