"""Avro: each record one datum, by a schema that is given or that the schema registry has under the record's number.

A record with a number is what Confluent's clients write: a zero byte, the number in four bytes, the datum.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from io import BytesIO
from typing import Any, Protocol

import fastavro
from fastavro.schema import SchemaParseException, UnknownType

from zipline.online.streams.decode.avro_types import Make, fields_of
from zipline.online.streams.decode.base import Decoded, Misfit, Shape
from zipline.online.streams.decode.columns import Columns

_UNREADABLE = (SchemaParseException, UnknownType, ValueError, TypeError, KeyError)


class Schemas(Protocol):
    """A schema registry."""

    def schema(self, number: int) -> Mapping[str, Any] | None:
        """Return the schema of a number, as fastavro parses it; None: there is none.

        Raises:
            TryAgain: the registry does not answer.
        """


@dataclass(frozen=True)
class _Written:
    """How records were written, and what makes columns of them; or why nothing does."""

    schema: Any
    fields: Mapping[str, Make]
    unfit: str = ""


class AvroDecoder:
    """Decodes data.

    Args:
        shape: the columns.
        given: the schema of every record, as JSON; unless given each record tells its own.
        schemas: knows schemas by number.
    """

    def __init__(self, shape: Shape, given: str | None = None, schemas: Schemas | None = None) -> None:
        self._shape, self._schemas = shape, schemas
        self._columns = Columns(shape)
        self._given = self._written(json.loads(given)) if given is not None else None
        self._known: dict[int, _Written] = {}

    def decode(self, values: Sequence[bytes]) -> Decoded:
        """Return the rows of records.

        Raises:
            TryAgain: the registry does not answer; nothing is said of the records.
        """
        columns: dict[str, list[Any]] = {name: [] for name in self._shape.types}
        records: list[int] = []
        bad: list[tuple[int, str]] = []
        for record, value in enumerate(values):
            try:
                row = self._row(value)
            except Misfit as error:
                bad.append((record, str(error)))
                continue
            records.append(record)
            for name, column in columns.items():
                column.append(row.get(name))
        return self._columns.decoded(columns, records, bad)

    def _row(self, value: bytes) -> Mapping[str, Any]:
        written, start = (self._given, 0) if self._given is not None else (self._numbered(value), 5)
        if written.unfit:
            raise Misfit(written.unfit)
        data = BytesIO(value)
        data.seek(start)
        try:
            datum: Any = fastavro.schemaless_reader(data, written.schema, None)
        except Exception as error:
            # Whatever its C code meets in bytes that are no such datum.
            raise Misfit(f"not Avro: {type(error).__name__}: {error}"[:200]) from None
        if data.read(1):
            raise Misfit("not Avro: bytes are left over after the datum")
        return {name: make(datum[name]) for name, make in written.fields.items()}

    def _numbered(self, value: bytes) -> _Written:
        if len(value) < 5 or value[0] != 0:
            raise Misfit("not Avro with the number of its schema: a zero byte and four more come first")
        number = int.from_bytes(value[1:5], "big")
        if number not in self._known:
            assert self._schemas is not None
            try:
                schema = self._schemas.schema(number)
            except _UNREADABLE as error:
                self._known[number] = _Written(None, {}, f"its schema cannot be read: {error}")
            else:
                if schema is None:
                    raise Misfit(f"the schema registry has no schema {number}")
                self._known[number] = self._written(schema)
        return self._known[number]

    def _written(self, schema: Mapping[str, Any]) -> _Written:
        try:
            parsed: Any = fastavro.parse_schema(dict(schema))
            return _Written(parsed, fields_of(parsed, self._shape))
        except Misfit as error:
            return _Written(None, {}, str(error))
        except _UNREADABLE as error:
            return _Written(None, {}, f"its schema cannot be read: {error}")
