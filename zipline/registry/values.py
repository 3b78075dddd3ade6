"""Values and types as JSON: what JSON has not is tagged, such as `{"$decimal": "1.50"}`."""

from __future__ import annotations

import base64
import math
import re
from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from zipline.registry.json import canonical_json
from zipline.types import NAMES, DataType, list_of, map_of, parse_type, struct_of

_SIMPLE = {kind.kind for kind in NAMES.values()} | {"float32", "null"}
_DECIMAL = re.compile(r"decimal\(\d+,\d+\)")


def encode_value(value: Any) -> Any:
    """Return a value as JSON; mappings are lists of pairs, sorted by key, so that any key can be one.

    Raises:
        TypeError: it is none of the values that features have.

    >>> encode_value([Decimal("1.50"), float("nan"), {2: b"x"}])
    [{'$decimal': '1.50'}, {'$float': 'nan'}, {'$map': [[2, {'$bytes': 'eA=='}]]}]
    """
    match value:
        case None | bool() | int() | str():
            return value
        case float():
            return value if math.isfinite(value) else {"$float": repr(value)}
        case Decimal():
            return {"$decimal": str(value)}
        case bytes():
            return {"$bytes": base64.b64encode(value).decode()}
        case datetime():
            return {"$datetime": value.isoformat()}
        case date():
            return {"$date": value.isoformat()}
        case list() | tuple():
            return [encode_value(each) for each in value]
        case Mapping():
            pairs = [[encode_value(key), encode_value(each)] for key, each in value.items()]
            return {"$map": sorted(pairs, key=lambda pair: canonical_json(pair[0]))}
    raise TypeError(f"{type(value).__name__} is no value that JSON can keep")


def decode_value(data: Any) -> Any:
    """Return the value that `encode_value` made JSON of; a tuple comes back as a list.

    Raises:
        ValueError: it is not what `encode_value` writes.
    """
    if isinstance(data, list):
        return [decode_value(each) for each in data]
    if not isinstance(data, dict):
        return data
    if len(data) != 1:
        raise ValueError(f"{data!r} is not a tagged value")
    ((tag, content),) = data.items()
    match tag, content:
        case "$float", "nan" | "inf" | "-inf":
            return float(content)
        case "$decimal", str():
            return _decimal(content)
        case "$bytes", str():
            return base64.b64decode(content, validate=True)
        case "$datetime", str():
            return datetime.fromisoformat(content)
        case "$date", str():
            return date.fromisoformat(content)
        case "$map", list():
            return {decode_value(key): decode_value(each) for key, each in content}
    raise ValueError(f"{data!r} is not a tagged value")


def _decimal(text: str) -> Decimal:
    try:
        return Decimal(text)
    except ArithmeticError:
        raise ValueError(f"{text!r} is not a decimal") from None


def encode_type(kind: DataType) -> Any:
    """Return a type as JSON: a name where one says it all.

    >>> from zipline.types import decimal
    >>> encode_type(list_of(struct_of(("a", decimal(10, 2)))))
    {'list': {'struct': [['a', 'decimal(10,2)']]}}
    """
    if kind.kind in _SIMPLE or kind.kind == "decimal":
        return str(kind)
    if kind.kind == "struct":
        return {"struct": [[name, encode_type(each)] for name, each in kind.fields]}
    assert kind.element is not None
    if kind.kind == "vector":
        return {"vector": encode_type(kind.element), "size": kind.size}
    if kind.kind == "map":
        assert kind.key is not None
        return {"map": [encode_type(kind.key), encode_type(kind.element)]}
    return {"list": encode_type(kind.element)}


def decode_type(data: Any) -> DataType:
    """Return the type that `encode_type` made JSON of.

    Raises:
        ValueError: it is not what `encode_type` writes.
    """
    match data:
        case str() if data in _SIMPLE:
            return DataType(data)
        case str() if _DECIMAL.fullmatch(data):
            return parse_type(data)
        case {"struct": [*fields], **rest} if not rest and all(
            isinstance(each, list) and len(each) == 2 and isinstance(each[0], str) for each in fields
        ):
            return struct_of(*((name, decode_type(each)) for name, each in fields))
        case {"list": element, **rest} if not rest:
            return list_of(decode_type(element))
        case {"vector": element, "size": int() as size, **rest} if not rest:
            return DataType("vector", element=decode_type(element), size=size)
        case {"map": [key, element], **rest} if not rest:
            return map_of(decode_type(key), decode_type(element))
    raise ValueError(f"{data!r} is not a type")
