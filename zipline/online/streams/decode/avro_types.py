"""Avro's types as ours: how the values of each field become those of a column, or why they cannot."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Final

from zipline.online.streams.decode.base import Misfit, Shape
from zipline.time import from_micros
from zipline.types import (
    BINARY,
    BOOL,
    DATE,
    FLOAT32,
    FLOAT64,
    INT64,
    NULL,
    STRING,
    TIMESTAMP,
    DataType,
    decimal,
)

Make = Callable[[Any], Any]
"""Gives a column's value of one that fastavro has read, which is never None."""

_PLAIN: Final[dict[str, DataType]] = {
    "null": NULL, "boolean": BOOL, "int": INT64, "long": INT64, "float": FLOAT64, "double": FLOAT64,
    "bytes": BINARY, "fixed": BINARY, "string": STRING, "enum": STRING,
    "int.date": DATE, "long.timestamp-millis": TIMESTAMP, "long.timestamp-micros": TIMESTAMP,
    "long.timestamp-nanos": TIMESTAMP, "long.local-timestamp-millis": TIMESTAMP,
    "long.local-timestamp-micros": TIMESTAMP, "string.uuid": STRING,
}  # fmt: skip
_MADE: Final[dict[str, Make]] = {
    "long.timestamp-nanos": lambda nanos: from_micros(nanos // 1000),
    "long.local-timestamp-millis": datetime.isoformat,
    "long.local-timestamp-micros": datetime.isoformat,
    "string.uuid": str,
}


def fields_of(schema: Any, shape: Shape) -> dict[str, Make]:
    """Return column -> what makes its values, of those that the record has.

    Args:
        schema: as fastavro has parsed it.
        shape: the columns that are wanted.

    Raises:
        Misfit: a field is of another type, or one that must be there is not.
    """
    if not isinstance(schema, dict) or schema.get("type") != "record":
        raise Misfit(f"its schema is not that of a record: {schema!r:.80}")
    names = schema.get("__named_schemas", {})
    fields = {field["name"]: field["type"] for field in schema["fields"]}
    for name in shape.types:
        if name in shape.required and name not in fields:
            raise Misfit(f"its schema has no field {name!r}")
    try:
        return {
            name: _make(fields[name], kind, names) for name, kind in shape.types.items() if name in fields
        }
    except _Differs as error:
        raise Misfit(f"in its schema a field is {error.have}, not {error.want}") from None


class _Differs(ValueError):
    def __init__(self, have: object, want: DataType) -> None:
        super().__init__(have, want)
        self.have, self.want = have, want


def _make(avro: Any, want: DataType, names: Mapping[str, Any]) -> Make:
    made = _value(_resolved(avro, names), want, names)
    return lambda value: None if value is None else made(value)


def _resolved(avro: Any, names: Mapping[str, Any]) -> dict[str, Any]:
    """Return a type as a dict: what a name stands for, and of a union with null the other."""
    if isinstance(avro, list):
        others = [each for each in avro if each != "null"]
        if len(others) > 1:
            return {"type": "union of several types"}
        return _resolved(others[0] if others else "null", names)
    if isinstance(avro, str):
        return _resolved(names[avro], names) if avro in names else {"type": avro}
    inner = avro["type"]
    return _resolved(inner, names) if isinstance(inner, (list, dict)) else dict(avro)


def _value(avro: Mapping[str, Any], want: DataType, names: Mapping[str, Any]) -> Make:
    kind = avro["type"]
    if kind == "array" and want.kind in ("list", "vector") and want.element is not None:
        element = _make(avro["items"], FLOAT64 if want.element == FLOAT32 else want.element, names)
        return lambda values: [element(value) for value in values]
    if kind == "record" and want.kind == "struct":
        fields = {field["name"]: field["type"] for field in avro["fields"]}
        if not {name for name, _ in want.fields} <= set(fields):
            raise _Differs(f"a record of {sorted(fields)}", want)
        parts = {name: _make(fields[name], each, names) for name, each in want.fields}
        return lambda value: {name: part(value[name]) for name, part in parts.items()}
    logical = f"{kind}.{avro['logicalType']}" if "logicalType" in avro else kind
    have = _have(avro, kind, logical)
    if have is None or not _fits(have, want):
        raise _Differs(logical if have is None else have, want)
    return _MADE.get(logical, _same)


def _have(avro: Mapping[str, Any], kind: str, logical: str) -> DataType | None:
    if logical in ("bytes.decimal", "fixed.decimal"):
        return decimal(avro["precision"], avro.get("scale", 0)) if avro["precision"] <= 38 else None
    if logical in _PLAIN:
        return _PLAIN[logical]
    # A logical type that nobody knows is to be ignored; those of time of day and duration have no type here.
    known = ("time-millis", "time-micros", "duration", "date", "decimal", "uuid")
    return None if avro.get("logicalType") in known else _PLAIN.get(kind)


def _fits(have: DataType, want: DataType) -> bool:
    if have.kind == want.kind == "decimal":
        return have.scale <= want.scale and have.precision - have.scale <= want.precision - want.scale
    return have in (want, NULL) or (have, want) in ((INT64, FLOAT64), (STRING, TIMESTAMP))


def _same(value: Any) -> Any:
    return value
