"""Logged reads as rows: what a service was asked, what it answered, and how far which log had been applied."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from zipline.engines.kernels.values import one_chunk
from zipline.online.answer import Answer
from zipline.online.calls import Marker
from zipline.online.features import Features
from zipline.online.given import field_value, key_value
from zipline.online.service_state import ServiceState
from zipline.types import DataType, to_arrow

INSTANT = pa.timestamp("us", tz="UTC")
_LOG = pa.struct([("log", pa.string()), ("offset", pa.int64()), ("watermark", INSTANT)])
POSITIONS = pa.list_(pa.struct([("view", pa.string()), ("cut", INSTANT), ("logs", pa.list_(_LOG))]))


@dataclass(frozen=True)
class LoggedOne:
    """A read of one entity.

    Attributes:
        logged_at: microseconds.
        request: what was asked.
        features: what was answered.
    """

    logged_at: int
    request: Mapping[str, Any]
    features: Features

    def __len__(self) -> int:
        return 1


@dataclass(frozen=True)
class LoggedMany:
    """A read of several entities, in the order of the requests."""

    logged_at: int
    requests: Sequence[Mapping[str, Any]]
    answer: Answer

    def __len__(self) -> int:
        return len(self.requests)


Logged = LoggedOne | LoggedMany


def log_schema(state: ServiceState) -> pa.Schema:
    """Return the columns of a service's log.

    `service`, `logged_at`, `at`; `request`, `values` and `statuses`, structs with the names of the request's fields and
    of the outputs; `errors`, output -> why it has no value; `positions`, of each view the cut of its history and of
    each log the offset and the watermark that had been applied.
    """
    return pa.schema(
        [
            ("service", pa.string()),
            ("logged_at", INSTANT),
            ("at", INSTANT),
            ("request", pa.struct([(name, to_arrow(kind)) for name, kind in state.fields.items()])),
            ("values", pa.struct(list(state.schema))),
            ("statuses", pa.struct([(name, pa.string()) for name in state.outputs])),
            ("errors", pa.map_(pa.string(), pa.string())),
            ("positions", POSITIONS),
        ]
    )


def log_table(state: ServiceState, reads: Sequence[Logged]) -> pa.Table:
    """Return reads of one service version as rows."""
    schema = log_schema(state)
    return pa.concat_tables([_rows(state, schema, part) for part in _alike(reads)])


def _alike(reads: Sequence[Logged]) -> list[LoggedMany | list[LoggedOne]]:
    """Return reads of single entities that follow each other as one list: columns are made of many at once."""
    parts: list[LoggedMany | list[LoggedOne]] = []
    for read in reads:
        if isinstance(read, LoggedMany):
            parts.append(read)
        elif parts and isinstance(parts[-1], list):
            parts[-1].append(read)
        else:
            parts.append([read])
    return parts


def _rows(state: ServiceState, schema: pa.Schema, reads: LoggedMany | list[LoggedOne]) -> pa.Table:
    if isinstance(reads, LoggedMany):
        return _of_many(state, schema, reads)
    columns = {
        "service": [state.title] * len(reads),
        "logged_at": [read.logged_at for read in reads],
        "at": [read.features.time for read in reads],
        "request": [_request(state, read.request, read.features.time) for read in reads],
        "values": [
            {name: _pairs(state.kinds[name], value) for name, value in read.features.items()}
            for read in reads
        ],
        "statuses": [{name: str(each) for name, each in read.features.statuses.items()} for read in reads],
        "errors": [list(read.features.errors.items()) for read in reads],
        "positions": [_positions(read.features.markers) for read in reads],
    }
    return pa.table(
        {name: pa.array(values, schema.field(name).type) for name, values in columns.items()}, schema
    )


def _of_many(state: ServiceState, schema: pa.Schema, read: LoggedMany) -> pa.Table:
    answer, rows = read.answer, range(len(read))
    values = [one_chunk(answer.columns[name]) for name in state.outputs]
    statuses = [pa.array([str(each) for each in answer.statuses(name)]) for name in state.outputs]
    errors: list[list[tuple[str, str]]] = [[] for _ in rows]
    for (row, name), why in answer.errors.items():
        errors[row].append((name, why))
    markers = [{each.part.prefix: each.marker(row) for each in answer.parts} for row in rows]
    columns = {
        "service": pa.repeat(state.title, len(read)),
        "logged_at": pa.repeat(pa.scalar(read.logged_at, INSTANT), len(read)),
        "at": pa.repeat(pa.scalar(answer.time, INSTANT), len(read)),
        "request": pa.array(
            [_request(state, each, answer.time) for each in read.requests], schema.field("request").type
        ),
        "values": pa.StructArray.from_arrays(values, fields=list(schema.field("values").type)),
        "statuses": pa.StructArray.from_arrays(statuses, fields=list(schema.field("statuses").type)),
        "errors": pa.array(errors, schema.field("errors").type),
        "positions": pa.array([_positions(each) for each in markers], POSITIONS),
    }
    return pa.table(columns, schema)


def _request(state: ServiceState, given: Mapping[str, Any], time: int) -> dict[str, Any]:
    """Return a request's fields in their types, as the read took them."""
    taken = {}
    for name, kind in state.fields.items():
        value = given.get(name)
        if name == state.time and name in state.request and name not in given:
            value = time
        elif name in state.request:
            value = field_value(value, kind, name)
        else:
            value = _held(key_value(value, kind, name), kind)
        taken[name] = value
    return taken


def _held(value: Any, kind: DataType) -> Any:
    """Return a key that its type can hold; another one, such as an int beyond 64 bits, is nobody's, as null is."""
    try:
        pa.scalar(value, to_arrow(kind))
    except (pa.ArrowException, OverflowError):
        return None
    return value


def _positions(markers: Mapping[str, Marker | None]) -> list[dict[str, Any]]:
    """Return what the shards of an entity said; a view whose key is null was not read."""
    return [
        {
            "view": view,
            "cut": marker.cut,
            "logs": [
                {"log": log, "offset": at.offset, "watermark": at.watermark}
                for log, at in marker.logs.items()
            ],
        }
        for view, marker in markers.items()
        if marker is not None
    ]


def _pairs(kind: DataType, value: Any) -> Any:
    """Return a value as Arrow takes it: maps, at any depth, as pairs."""
    if value is None:
        return None
    if kind.kind == "map":
        assert kind.element is not None
        items = value.items() if isinstance(value, Mapping) else value
        return [(key, _pairs(kind.element, each)) for key, each in items]
    if kind.kind == "struct":
        return {name: _pairs(each, value[name]) for name, each in kind.fields}
    if kind.kind == "list":
        assert kind.element is not None
        return [_pairs(kind.element, each) for each in value]
    return value
