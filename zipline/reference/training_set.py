"""Training sets, one observation and one feature at a time. Section 6."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from zipline.dsl import BoundView, Derived, Feature, FeatureService, FeatureView, Selection, Timestamp
from zipline.errors import RequestError
from zipline.expressions import parse
from zipline.reference.casts import widen
from zipline.reference.evaluate import evaluate
from zipline.reference.events import History, Row, Schema, histories
from zipline.reference.names import feature_name
from zipline.reference.statistics import Event, output_type, result
from zipline.reference.times import aligned, contains, read_time
from zipline.reference.values import same_key
from zipline.types import DataType, parse_type

Request = FeatureService | FeatureView | BoundView | Selection | Sequence[Any]


def training_set(
    observations: Sequence[Row],
    features: Request,
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
    items, declared_time, declared_keys = _request(features)
    request = _request_fields(features)
    time = time if time is not None else declared_time
    if time is None:
        raise RequestError("no time column is named")
    at = Timestamp(time) if isinstance(time, str) else time
    key_columns = {**declared_keys, **(keys or {})}
    events: dict[int, list[History]] = {}
    for item in items:
        if isinstance(item, Selection) and id(item.view) not in events:
            source = item.view.source.name
            events[id(item.view)] = histories(item.view, tables[source], schemas[source])
    rows = []
    for observation in observations:
        t = read_time(observation[at.column], at, observation_schema[at.column])
        if t is None:
            raise RequestError(f"the observation {observation} has no time")
        row: dict[str, Any] = {}
        given = _given(observation, observation_schema, request)
        types = dict(request)
        for item in items:
            if isinstance(item, Derived):
                row[item.name] = evaluate(item.expression, {**given, **row}, types, derived=True)
                types[item.name] = parse(item.expression, derived=True).type_of(types)
                continue
            view = item.view
            asked = [{**key_columns, **dict(item.keys)}.get(key, key) for key in view.entity.keys]
            schema = schemas[view.source.name]
            mine = [
                version
                for history in events[id(view)]
                if (version := history.seen(t, now if as_of is None else as_of, hindsight)) is not None
                and all(
                    same_key(part, schema[name], observation[column], observation_schema[column])
                    for part, name, column in zip(version.keys, view.key_columns, asked, strict=True)
                )
            ]
            seen = [
                Event(version.event_time, version.knowledge_time, version.columns())
                for version in mine
                if version.event_time is not None
            ]
            values = _view_values(view, seen, t, schema)
            kinds = view_types(view, schema)
            for name in item.names:
                row[f"{item.prefix}__{name}"] = values[name]
                types[f"{item.prefix}__{name}"] = kinds[name]
        rows.append({**observation, **row})
    return rows


def column_types(
    features: Request, schemas: Mapping[str, Schema], observation_schema: Schema
) -> dict[str, DataType]:
    """Return the training set's columns in order, with their types."""
    types = _request_fields(features)
    columns: dict[str, DataType] = {}
    for item in _request(features)[0]:
        if isinstance(item, Derived):
            columns[item.name] = parse(item.expression, derived=True).type_of({**types, **columns})
        else:
            kinds = view_types(item.view, schemas[item.view.source.name])
            columns.update({f"{item.prefix}__{name}": kinds[name] for name in item.names})
    return {**observation_schema, **columns}


def _given(observation: Row, schema: Schema, request: Schema) -> dict[str, Any]:
    """Return the request's fields of an observation, as `Derived` reads them."""
    return {name: widen(observation[name], schema[name], kind) for name, kind in request.items()}


def _request_fields(features: Request) -> dict[str, DataType]:
    """Return what the caller gives, in the types that the service declares."""
    services = [item for item in _listed(features) if isinstance(item, FeatureService)]
    return {name: parse_type(kind) for service in services for name, kind in service.request}


def _request(features: Request) -> tuple[list[Selection | Derived], Timestamp | None, dict[str, str]]:
    """Return what is asked for in order, and the services' time and keys."""
    items: list[Selection | Derived] = []
    time: Timestamp | None = None
    keys: dict[str, str] = {}
    for item in _listed(features):
        if isinstance(item, FeatureService):
            items += item.features
            time = item.time or time
            keys |= dict(item.keys)
        elif isinstance(item, FeatureView):
            items.append(Selection(view=item, prefix=item.name, keys=(), names=item.names))
        elif isinstance(item, BoundView):
            items.append(Selection(view=item.view, prefix=item.name, keys=item.keys, names=item.view.names))
        else:
            items.append(item)
    return items, time, keys


def _listed(features: Request) -> list[Any]:
    return list(features) if isinstance(features, (list, tuple)) else [features]


def _view_values(view: FeatureView, seen: Sequence[Event], t: int, schema: Schema) -> dict[str, Any]:
    """Return every feature of a view, by name, from the events that the observation sees."""
    columns = _selected_types(view, schema)
    types = view_types(view, schema)
    values: dict[str, Any] = {}
    for feature in view.features:
        if isinstance(feature, Derived):
            values[feature.name] = evaluate(feature.expression, values, types, derived=True)
        else:
            values[feature_name(feature)] = _feature_value(feature, seen, t, columns)
    return values


def _feature_value(feature: Feature, seen: Sequence[Event], t: int, columns: Schema) -> Any:
    where = feature.aggregation.where
    t = aligned(feature.window, t)
    inside = [
        event
        for event in seen
        if contains(feature.window, t, event.event_time)
        and (where is None or evaluate(where, event.columns, columns) is True)
    ]
    return result(feature.aggregation, inside, columns, t)


def view_types(view: FeatureView, schema: Schema) -> dict[str, DataType]:
    """Return the type of every feature of a view, by name."""
    columns = _selected_types(view, schema)
    types: dict[str, DataType] = {}
    for feature in view.features:
        if isinstance(feature, Derived):
            types[feature.name] = parse(feature.expression, derived=True).type_of(types)
        else:
            types[feature_name(feature)] = output_type(feature.aggregation, columns)
    return types


def _selected_types(view: FeatureView, schema: Schema) -> dict[str, DataType]:
    return {**schema, **{name: parse(text).type_of(schema) for name, text in view.source.select}}
