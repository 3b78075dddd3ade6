"""Entity keys as bytes: what documents are called, and which shard an entity is in.

A part is text, or the bytes themselves of a string or binary: `true`, `42`, days or microseconds since the epoch, a
decimal with all digits of its scale. Every part but the last has its length in bytes before it, so that no two keys
are one: `UA`, or `2:UA1545`. An int and a string in canonical decimal form have the same bytes, as they are equal.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from zipline.errors import OnlineError, RequestError
from zipline.time import from_micros, to_micros
from zipline.types import DataType

if TYPE_CHECKING:
    import pyarrow as pa

EPOCH_DAY = date(1970, 1, 1)


def encode_key(values: Sequence[Any], kinds: Sequence[DataType]) -> bytes | None:
    """Return the bytes of one entity's key, given in the source's types; None where a part is null.

    Raises:
        RequestError: a value is not of its part's type.

    >>> from zipline.types import INT64, STRING
    >>> encode_key(["UA", 1545], [STRING, INT64])
    b'2:UA1545'
    """
    if any(value is None for value in values):
        return None
    *parts, last = (_part(value, kind) for value, kind in zip(values, kinds, strict=True))
    return b"".join(b"%d:%s" % (len(part), part) for part in parts) + last


def encode_keys(columns: Sequence[pa.Array], kinds: Sequence[DataType]) -> list[bytes | None]:
    """Do the same for columns of key parts, in the types of `kinds`."""
    return list(key_column(columns, kinds).to_pylist())


def key_column(columns: Sequence[pa.Array], kinds: Sequence[DataType]) -> pa.Array:
    """Return the same as a binary column."""
    import pyarrow as pa
    import pyarrow.compute as pc

    *parts, last = (_parts(column, kind) for column, kind in zip(columns, kinds, strict=True))
    colon, empty = pa.scalar(b":", pa.binary()), pa.scalar(b"", pa.binary())
    for part in reversed(parts):
        lengths = pc.binary_length(part).cast(pa.string()).cast(pa.binary())
        last = pc.binary_join_element_wise(lengths, colon, part, last, empty)
    return last


def decode_key(entity: bytes, kinds: Sequence[DataType]) -> tuple[Any, ...]:
    """Return the values of an entity's key, as Arrow's `to_pylist` would.

    Raises:
        OnlineError: the bytes are no key of these types.

    >>> from zipline.types import INT64, STRING
    >>> decode_key(b"2:UA1545", [STRING, INT64])
    ('UA', 1545)
    """
    try:
        values = []
        for kind in kinds[:-1]:
            length, _, rest = entity.partition(b":")
            values.append(_value(rest[: int(length)], kind))
            entity = rest[int(length) :]
        return (*values, _value(entity, kinds[-1]))
    except (ValueError, ArithmeticError):
        shown = ", ".join(str(kind) for kind in kinds)
        raise OnlineError(
            f"{entity[:80]!r} is not the key of an entity: ({shown})",
            hint="another program writes keys that begin with zipline's prefix: give zipline a database of its own",
        ) from None


def shard_number(entity: bytes, shards: int) -> int:
    """Return the shard that an entity is in.

    >>> shard_number(b"UA", 16)
    8
    """
    return zlib.crc32(entity) % shards


def shard_numbers(entities: Iterable[bytes], shards: int) -> NDArray[np.int64]:
    """Return the shard of each of many entities.

    >>> shard_numbers([b"UA", b"AA"], 16).tolist()
    [8, 13]
    """
    return np.array(list(map(zlib.crc32, entities)), np.int64) % shards


def _part(value: Any, kind: DataType) -> bytes:
    match kind.kind, value:
        case "bool", bool():
            return b"true" if value else b"false"
        case "int64", int() if not isinstance(value, bool):
            return b"%d" % value
        case "string", str():
            return value.encode()
        case "binary", bytes():
            return value
        case "timestamp", datetime():
            return b"%d" % to_micros(value)
        case "date", date() if not isinstance(value, datetime):
            return b"%d" % (value - EPOCH_DAY).days
        case "decimal", Decimal() | int() if not isinstance(value, bool):
            return _decimal_text(Decimal(value), kind).encode()
    raise RequestError(f"{value!r} is no {kind}, which the key is", hint="give the key in its source's type")


def _decimal_text(value: Decimal, kind: DataType) -> str:
    text = format(value, "f") if value.is_finite() else "?"
    whole, _, digits = text.partition(".")
    digits = digits.rstrip("0") if len(digits) > kind.scale else digits
    if text == "?" or len(digits) > kind.scale:
        raise RequestError(
            f"{value} is no {kind}, which the key is",
            hint=f"a key has at most {kind.scale} digits after the point",
        )
    text = f"{whole}.{digits.ljust(kind.scale, '0')}" if kind.scale else whole
    return text.removeprefix("-") if value == 0 else text


def _parts(column: pa.Array, kind: DataType) -> pa.Array:
    import pyarrow as pa

    match kind.kind:
        case "binary" | "string":
            return column.cast(pa.binary())
        case "timestamp":
            column = column.cast(pa.timestamp("us", tz="UTC")).cast(pa.int64())
        case "date":
            column = column.cast(pa.date32()).cast(pa.int32())
        case "decimal":
            return pa.array(
                [None if each is None else _part(each, kind) for each in column.to_pylist()], pa.binary()
            )
    return column.cast(pa.string()).cast(pa.binary())


def _value(part: bytes, kind: DataType) -> Any:
    match kind.kind:
        case "bool":
            return {b"true": True, b"false": False}[part] if part in (b"true", b"false") else int("x")
        case "int64":
            return int(part)
        case "string":
            return part.decode()
        case "timestamp":
            return from_micros(int(part))
        case "date":
            return EPOCH_DAY + timedelta(days=int(part))
        case "decimal":
            return Decimal(part.decode())
    return part
