"""What callers ask: one request, or many as columns; entities are known by the bytes of their keys."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from zipline.engines.duckdb.frames import arrow_of
from zipline.engines.duckdb.keys import as_source
from zipline.engines.kernels.values import one_chunk
from zipline.errors import DefinitionError, RequestError, nearest
from zipline.online.given import TEXTS, check_fields, field_value, from_text, key_value
from zipline.online.service_state import Part, ServiceState
from zipline.online.state.keys import encode_key, encode_keys
from zipline.plan.schema import comparable, fits_request
from zipline.time import from_micros
from zipline.types import DataType, from_arrow, to_arrow


class Wanted(Protocol):
    """What is to be read.

    Attributes:
        entities: of each part of the service, whose documents, each once.
        null: of each part, whether some request has no entity, as a part of its key is null.
    """

    @property
    def entities(self) -> Sequence[Sequence[bytes]]: ...

    @property
    def null(self) -> Sequence[bool]: ...


class OneAsked(NamedTuple):
    """One request.

    Attributes:
        entities, null: as of `Wanted`.
        fields: the request's fields that are no keys.
    """

    entities: list[tuple[bytes, ...]]
    null: list[bool]
    fields: dict[str, Any]


@dataclass(frozen=True)
class EachAsked:
    """Requests that are read together, of which each gets an answer of its own.

    Attributes:
        ones: what each asks for, or why it cannot be asked.
        rows: of each that can, its place among the entities of every part; their number where a key is null.
        entities, null: as of `Wanted`.
    """

    ones: list[OneAsked | RequestError]
    rows: list[list[int]]
    entities: list[list[bytes]]
    null: list[bool]


@dataclass(frozen=True)
class ManyAsked:
    """Many requests.

    Attributes:
        given: their columns, as they were given.
        entities, null: as of `Wanted`.
        places: of each part, int64[n], which of its entities each request is about; their number where a key is null.
        fields: the request's fields that are no keys, in their types.
    """

    given: pa.Table
    entities: list[list[bytes]]
    null: list[bool]
    places: list[NDArray[np.int64]]
    fields: Mapping[str, pa.Array]


def ask_one(service: ServiceState, request: Mapping[str, Any], time: int) -> OneAsked:
    """Return one request; a field that is absent is null.

    Raises:
        RequestError: a field is unknown, or its value of another type.
    """
    if not isinstance(request, Mapping):
        raise RequestError(f"the request is {request!r}, no dict", hint="such as {'user': 7}; many: get_many")
    if not request.keys() <= service.fields.keys():
        check_fields(service.title, request, service.fields)
    keys = [_entity(fields, kinds, request) for fields, kinds in service.keys]
    fields = {name: field_value(request.get(name), kind, name) for name, kind in service.request.items()}
    if service.time in fields and service.time not in request:
        fields[service.time] = from_micros(time)
    read = [keys[at] for at in service.key_of]
    return OneAsked(
        [() if each is None else (each,) for each in read], [each is None for each in read], fields
    )


def ask_each(service: ServiceState, requests: Sequence[Mapping[str, Any]], time: int) -> EachAsked:
    """Return requests that are read together."""
    ones = [_one_or_error(service, request, time) for request in requests]
    good = [one for one in ones if isinstance(one, OneAsked)]
    listed: dict[int, list[bytes]] = {}
    for part, key in enumerate(service.key_of):
        if key not in listed:
            listed[key] = [entity for one in good for entity in one.entities[part]]
    entities = [listed[key] for key in service.key_of]
    places, rows = [0] * len(entities), []
    for one in ones:
        given = one.entities if isinstance(one, OneAsked) else ()
        rows.append(
            [place if each else len(all_) for place, each, all_ in zip(places, given, entities, strict=False)]
        )
        places = [place + len(each) for place, each in zip(places, given, strict=False)] or places
    null = [any(nulls) for nulls in zip(*(one.null for one in good), strict=True)] or [False] * len(entities)
    return EachAsked(ones, rows, entities, null)


def _one_or_error(service: ServiceState, request: Mapping[str, Any], time: int) -> OneAsked | RequestError:
    try:
        return ask_one(service, request, time)
    except RequestError as error:
        return error


def _entity(fields: Sequence[str], kinds: Sequence[DataType], request: Mapping[str, Any]) -> bytes | None:
    return encode_key(
        [key_value(request.get(field), kind, field) for field, kind in zip(fields, kinds, strict=True)], kinds
    )


def ask_many(service: ServiceState, requests: Any, time: int) -> ManyAsked:
    """Return requests as columns.

    Args:
        service: what is asked for.
        requests: dicts, of which a field that is absent is null; or a table, which must have every field and may have
            other columns.
        time: the instant of the read: the value of the service's time column where a request has none.

    Raises:
        RequestError: a field is unknown or missing, or its values are of another type.
    """
    given = (
        _of_dicts(service, requests) if isinstance(requests, (list, tuple)) else _of_table(service, requests)
    )
    for name in service.outputs:
        if name in given.column_names:
            raise RequestError(f"the requests already have a column {name!r}", hint="rename or drop it")
    columns = {name: one_chunk(given[name]) for name in service.fields if name in given.column_names}
    if service.time is not None and service.time in service.request and service.time not in columns:
        columns[service.time] = pa.repeat(pa.scalar(time, pa.timestamp("us", tz="UTC")), len(given))
    missing = pa.nulls(len(given))
    for part in service.parts:
        _check_keys(part, [columns.get(each, missing) for each in part.fields])
    keys = [
        _numbered(_keys(kinds, fields, [columns.get(each, missing) for each in fields]))
        for fields, kinds in service.keys
    ]
    listed = [list(distinct) for distinct, _ in keys]
    numbered = [keys[at] for at in service.key_of]
    fields = {
        name: _as_field(columns.get(name, missing), kind, name) for name, kind in service.request.items()
    }
    entities = [listed[at] for at in service.key_of]
    null = [bool((places == len(distinct)).any()) for distinct, places in numbered]
    return ManyAsked(given, entities, null, [places for _, places in numbered], fields)


def _numbered(keys: list[bytes | None]) -> tuple[dict[bytes, int], NDArray[np.int64]]:
    """Return the entities with a number each, and the number of each request's: their count where it has none."""
    distinct: dict[bytes, int] = {}
    for key in keys:
        if key is not None:
            distinct.setdefault(key, len(distinct))
    return distinct, np.array([len(distinct) if key is None else distinct[key] for key in keys], np.int64)


def _of_dicts(service: ServiceState, requests: Sequence[Mapping[str, Any]]) -> pa.Table:
    """Return the fields that some dict has; their values in the types that they have there."""
    names: dict[str, None] = {}
    last: Any = None
    for row, each in enumerate(requests):
        if type(each) is dict and each.keys() == last:
            continue
        if not isinstance(each, Mapping):
            raise RequestError(
                f"request {row} is {each!r}, no dict", hint="give a list of dicts: [{'user': 7}]; or a table"
            )
        try:
            check_fields(service.title, each, service.fields)
        except RequestError as error:
            raise error.at(f"request {row}") from None
        names |= dict.fromkeys(each)
        last = each.keys()
    columns = {name: _column(service, name, [each.get(name) for each in requests]) for name in names}
    if not columns:  # a table without columns has no rows
        columns = {name: pa.nulls(len(requests), to_arrow(kind)) for name, kind in service.fields.items()}
    return pa.table(columns)


def _column(service: ServiceState, name: str, values: list[Any]) -> pa.Array:
    """Return a field's values: typed as the request says, or, of a key, as they are."""
    kind = service.fields[name]
    try:
        if name in service.request:
            return pa.array([field_value(value, kind, name) for value in values], to_arrow(kind))
        return pa.array([from_text(value, kind, name) for value in values] if kind.kind in TEXTS else values)
    except (pa.ArrowException, OverflowError):
        raise RequestError(
            f"field {name!r} holds values of several types",
            hint=f"it has the type {kind}: give values of that type",
        ) from None


def _of_table(service: ServiceState, requests: Any) -> pa.Table:
    try:
        table = arrow_of(requests)
    except DefinitionError:
        raise RequestError(
            f"requests cannot be given as {type(requests).__qualname__}",
            hint="give a list of dicts, or an Arrow, Polars or pandas table",
        ) from None
    for name in service.fields:
        if name not in table.column_names and name != service.time:
            raise RequestError(
                f"the requests have no column {name!r}, which {service.title} reads",
                hint=nearest(name, table.column_names),
            )
    return table


def _check_keys(part: Part, columns: Sequence[pa.Array]) -> None:
    for field, column, kind in zip(part.fields, columns, part.kinds, strict=True):
        if not comparable(from_arrow(column.type, where=field), kind):
            raise RequestError(
                f"field {field!r} is {from_arrow(column.type)}, and the key of {part.state.title} is {kind}",
                hint="cast it: only an int and a string in decimal form are compared across types",
            )


def _keys(
    kinds: Sequence[DataType], fields: Sequence[str], columns: Sequence[pa.Array]
) -> list[bytes | None]:
    if any(kind.kind == "decimal" for kind in kinds):
        rows = zip(*(column.to_pylist() for column in columns), strict=True)
        return [
            encode_key([key_value(*each) for each in zip(row, kinds, fields, strict=True)], kinds)
            for row in rows
        ]
    return encode_keys([as_source(column, kind) for column, kind in zip(columns, kinds, strict=True)], kinds)


def _as_field(column: pa.Array, kind: DataType, name: str) -> pa.Array:
    found = from_arrow(column.type, where=name)
    target = to_arrow(kind)
    try:
        if not fits_request(found, kind):
            raise RequestError(f"field {name!r} is {found}; it has the type {kind}", hint="cast it")
        return column if column.type == target else column.cast(target)
    except pa.ArrowInvalid as error:
        raise RequestError(f"field {name!r} holds a value that is no {kind}: {error}") from None
