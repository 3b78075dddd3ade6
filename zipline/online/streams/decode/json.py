"""JSON: each record one object.

Types are exact: a number is no text and a fraction no integer; an integer is a float. A time is a text as in section 1,
a decimal a number or a text, bytes are a text in base64. Of a name that comes twice the last value counts.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from operator import attrgetter
from typing import Annotated, Any, TypedDict

import msgspec
import numpy as np

from zipline.errors import RequestError
from zipline.online.streams.decode.base import Decoded, Shape, merged, renumbered
from zipline.online.streams.decode.columns import Columns
from zipline.online.streams.decode.plain_json import PlainJson, is_plain
from zipline.online.streams.record_values import values_of
from zipline.time import parse_time
from zipline.types import TIMESTAMP, DataType

_INT64 = Annotated[int, msgspec.Meta(ge=-(2**63), le=2**63 - 1)]


class Moment(int):
    """A time inside a list or struct, microseconds since the epoch."""


_TYPES: dict[str, Any] = {
    "bool": bool, "int64": _INT64, "float64": float, "float32": float, "string": str, "binary": bytes,
    "date": date, "timestamp": Moment, "decimal": Decimal, "null": type(None),
}  # fmt: skip


class JsonDecoder:
    """Decodes objects; all that their columns need is worked out once."""

    def __init__(self, shape: Shape) -> None:
        self._columns = Columns(shape)
        self._plain = PlainJson(shape) if is_plain(shape) else None
        self._names = {name: f"c{at}" for at, name in enumerate(shape.types)}
        fields: list[Any] = []
        # What must be there comes first: a field without a default follows none that has one.
        for name, kind in sorted(shape.types.items(), key=lambda each: each[0] not in shape.required):
            expected = (str if kind == TIMESTAMP else _expected(kind)) | None
            fields.append((self._names[name], expected, *(() if name in shape.required else (None,))))
        rename = {field: name for name, field in self._names.items()}
        row = msgspec.defstruct("Row", fields, rename=rename, gc=False)
        self._decode = msgspec.json.Decoder(row, dec_hook=_hook).decode

    def decode(self, values: Sequence[bytes]) -> Decoded:
        """Return the rows of records: of plain objects at once, of others one by one."""
        if self._plain is None:
            return self._decoded(values)
        held = values_of(values)
        rows, plain = self._plain.read(held)
        found = Decoded(rows, np.flatnonzero(plain), [])
        if plain.all():
            return found
        rest = np.flatnonzero(~plain)
        return merged(found, renumbered(self._decoded(held.take(rest)), rest), rows.column_names)

    def _decoded(self, values: Sequence[bytes]) -> Decoded:
        bad: list[tuple[int, str]] = []
        records: Sequence[int] = range(len(values))
        try:
            rows = list(map(self._decode, values))
        except (ValueError, RecursionError):  # msgspec's own errors are ValueErrors
            rows, records = self._one_by_one(values, bad)
        columns = {name: list(map(attrgetter(field), rows)) for name, field in self._names.items()}
        return self._columns.decoded(columns, records, bad)

    def _one_by_one(self, values: Sequence[bytes], bad: list[tuple[int, str]]) -> tuple[list[Any], list[int]]:
        rows, records = [], []
        for record, value in enumerate(values):
            try:
                rows.append(self._decode(value))
            except msgspec.ValidationError as error:
                bad.append((record, str(error)))
            except (ValueError, RecursionError) as error:
                bad.append((record, f"not JSON: {error}"))
            else:
                records.append(record)
        return rows, records


def _expected(kind: DataType) -> Any:
    """Return the Python type that msgspec decodes into."""
    if kind.kind in _TYPES:
        return _TYPES[kind.kind]
    if kind.kind == "struct":
        fields = {name: _expected(each) | None for name, each in kind.fields}
        return TypedDict("Struct", fields, total=False)  # type: ignore[operator]
    assert kind.element is not None, kind
    return list[_expected(kind.element) | None]  # type: ignore[misc]


def _hook(kind: type, value: Any) -> Any:
    try:
        return Moment(parse_time(value))
    except (RequestError, TypeError):
        raise ValueError(f"{value!r:.80} is not a time") from None
