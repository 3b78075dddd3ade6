"""Values as Python, as the state has them: dates as days, times as microseconds; and those of the heap as bytes.

Floats are canonical. A vector is a list of floats, a struct a dict in the order of its fields. Lists and structs are
MessagePack, inside which a struct is a list of its fields' values and a decimal the 16 bytes of its unscaled value. A
vector is its elements, 4 or 8 bytes each; if some are null, bits follow that say which are there, the least first.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

import msgspec.msgpack
import numpy as np

from zipline.exact import to_decimal
from zipline.order import canonical_float
from zipline.sketches.canonical_bytes import EPOCH_DAY, canonical_bytes
from zipline.time import to_micros
from zipline.types import DataType

_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder().decode


def encode_value(value: Any, kind: DataType) -> bytes:
    """Return the bytes in the heap of a value that is not null.

    >>> from zipline.types import INT64, list_of
    >>> decode_value(encode_value([1, None], list_of(INT64)), list_of(INT64))
    [1, None]
    """
    if kind.kind == "string":
        return bytes(value.encode())
    if kind.kind == "binary":
        return bytes(value)
    if kind.kind == "vector":
        return _encode_vector(value, kind)
    return _encode(plain(value, kind))


def decode_value(data: bytes, kind: DataType) -> Any:
    """Return the value of some bytes of the heap."""
    if kind.kind == "string":
        return data.decode()
    if kind.kind == "binary":
        return data
    if kind.kind == "vector":
        return _decode_vector(data, kind)
    return unplain(_decode(data), kind)


def plain(value: Any, kind: DataType) -> Any:
    """Return a value, null or not, as what MessagePack knows; days, microseconds and Python's times are both taken."""
    if value is None:
        return None
    match kind.kind:
        case "float64" | "float32":
            return canonical_float(value)
        case "decimal":
            return canonical_bytes(value)
        case "timestamp":
            return to_micros(value) if isinstance(value, datetime) else value
        case "date":
            return value.toordinal() - EPOCH_DAY if isinstance(value, date) else value
        case "struct":
            values = value.values() if isinstance(value, Mapping) else value
            return [plain(each, part) for each, (_, part) in zip(values, kind.fields, strict=True)]
        case "list" | "vector":
            assert kind.element is not None
            return [plain(each, kind.element) for each in value]
    return value


def unplain(value: Any, kind: DataType) -> Any:
    """Return the value that `plain` was given."""
    if value is None:
        return None
    match kind.kind:
        case "decimal":
            return to_decimal(int.from_bytes(value, "little", signed=True), kind.scale)
        case "struct":
            return {name: unplain(each, part) for each, (name, part) in zip(value, kind.fields, strict=True)}
        case "list" | "vector":
            assert kind.element is not None
            return [unplain(each, kind.element) for each in value]
    return value


def _encode_vector(value: Any, kind: DataType) -> bytes:
    there = [each is not None for each in value]
    numbers = np.array([0.0 if each is None else canonical_float(each) for each in value], _element(kind))
    bits = b"" if all(there) else np.packbits(there, bitorder="little").tobytes()
    return bytes(numbers.tobytes() + bits)


def _decode_vector(data: bytes, kind: DataType) -> list[float | None]:
    numbers: list[float | None] = np.frombuffer(data, _element(kind), kind.size).tolist()
    bits = data[kind.size * _element(kind).itemsize :]
    if bits:
        there = np.unpackbits(np.frombuffer(bits, np.uint8), count=kind.size, bitorder="little")
        return [each if present else None for each, present in zip(numbers, there.tolist(), strict=True)]
    return numbers


def _element(kind: DataType) -> np.dtype[Any]:
    """Return the type of a vector's elements as numpy has it."""
    assert kind.element is not None
    return np.dtype("<f4" if kind.element.kind == "float32" else "<f8")
