"""Training sets, one observation and one feature at a time. Section 6."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from zipline.dsl import Derived, Selection, Timestamp
from zipline.errors import RequestError
from zipline.expressions import parse
from zipline.reference.casts import widen
from zipline.reference.copies import Row, Schema
from zipline.reference.evaluate import evaluate
from zipline.reference.request import Features, Request, read_request
from zipline.reference.times import read_time
from zipline.reference.view_values import Asked, read_view, view_types, view_values
from zipline.types import DataType


def training_set(
    observations: Sequence[Row],
    features: Features,
    *,
    tables: Mapping[str, Sequence[Row]],
    schemas: Mapping[str, Schema],
    observation_schema: Schema,
    time: str | Timestamp | None = None,
    keys: Mapping[str, str] | None = None,
    as_of: int | None = None,
    hindsight: bool = False,
    now: int,
) -> list[dict[str, Any]]:
    """Return one row per observation, in their order: its columns, then the features.

    Args:
        observations, tables: rows as `zipline.reference.values` describes them; tables by source.
        schemas, observation_schema: the type of every column.
        time, keys, as_of, hindsight: as in `FeatureStore.training_set`; `as_of` in microseconds.
        now: the clock when the request was made, in microseconds.
    """
    request = read_request(features, time, keys)
    views = {
        item.view.name: read_view(item.view, tables, schemas)
        for item in request.items
        if isinstance(item, Selection)
    }
    types = _environment(request, schemas)
    outputs = [name for name in types if name not in request.fields]
    rows = []
    for observation in observations:
        t = read_time(observation[request.time.column], request.time, observation_schema[request.time.column])
        if t is None:
            raise RequestError(f"the observation {observation} has no time")
        row = dict(_given(observation, observation_schema, request.fields))
        for item in request.items:
            if isinstance(item, Derived):
                row[item.name] = evaluate(item.expression, row, types, derived=True)
                continue
            columns = _key_columns(item, request)
            asked = Asked(
                t,
                keys=tuple(observation[column] for column in columns),
                key_types=tuple(observation_schema[column] for column in columns),
                as_of=now if as_of is None else as_of,
                hindsight=hindsight,
            )
            values = view_values(views[item.view.name], asked)
            row |= {f"{item.prefix}__{name}": values[name] for name in item.names}
        rows.append({**observation, **{name: row[name] for name in outputs}})
    return rows


def column_types(
    features: Features, schemas: Mapping[str, Schema], observation_schema: Schema
) -> dict[str, DataType]:
    """Return the training set's columns in order, with their types."""
    request = read_request(features, "", None)
    types = _environment(request, schemas)
    return {**observation_schema, **{name: types[name] for name in types if name not in request.fields}}


def _environment(request: Request, schemas: Mapping[str, Schema]) -> dict[str, DataType]:
    """Return the types of all that a service's derived columns may read: the request's fields, then the outputs."""
    types = dict(request.fields)
    for item in request.items:
        if isinstance(item, Derived):
            types[item.name] = parse(item.expression, derived=True).type_of(types)
        else:
            kinds = view_types(item.view, schemas)
            types |= {f"{item.prefix}__{name}": kinds[name] for name in item.names}
    return types


def _given(observation: Row, schema: Schema, fields: Schema) -> dict[str, Any]:
    """Return the request's fields of an observation, in the types that the service declares."""
    return {name: widen(observation[name], schema[name], kind) for name, kind in fields.items()}


def _key_columns(item: Selection, request: Request) -> list[str]:
    """Return the observations' columns that hold a view's keys; a bound view's own come first."""
    columns = {**request.keys, **dict(item.keys)}
    return [columns.get(key, key) for key in item.view.entity.keys]
