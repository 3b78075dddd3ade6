"""The features of one view for one observation, each from the events that it can see."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from zipline.dsl import Derived, Feature, FeatureView
from zipline.expressions import parse
from zipline.reference.evaluate import evaluate
from zipline.reference.events import History, Row, Schema, histories
from zipline.reference.names import feature_name
from zipline.reference.statistics import Event, output_type, result
from zipline.reference.times import aligned, contains
from zipline.reference.values import same_key
from zipline.types import DataType


@dataclass(frozen=True)
class Asked:
    """An observation as one view sees it: its time, its key, and what the request says of knowledge."""

    t: int
    keys: tuple[Any, ...]
    key_types: tuple[DataType, ...]
    as_of: int
    hindsight: bool


@dataclass(frozen=True)
class View:
    """A view with its events.

    Attributes:
        table: the types of the source's own columns.
        columns: the types of the columns that aggregations see.
        types: of the features, by name.
    """

    view: FeatureView
    events: Sequence[History]
    table: Schema
    columns: Schema
    types: Schema


def read_view(view: FeatureView, rows: Sequence[Row], table: Schema) -> View:
    """Return a view over the rows of its source."""
    columns = _selected_types(view, table)
    return View(view, histories(view, rows, table), table, columns, view_types(view, table))


def view_values(view: View, asked: Asked) -> dict[str, Any]:
    """Return every feature of a view, by name."""
    values: dict[str, Any] = {}
    seen: dict[int, list[Event]] = {}
    for feature in view.view.features:
        if isinstance(feature, Derived):
            values[feature.name] = evaluate(feature.expression, values, view.types, derived=True)
            continue
        t = aligned(feature.window, asked.t)
        if t not in seen:
            seen[t] = _seen(view, asked, t)
        values[feature_name(feature)] = _feature_value(feature, seen[t], t, view.columns)
    return values


def _seen(view: View, asked: Asked, t: int) -> list[Event]:
    """Return the events of the observation's entity that are seen at a time, whatever the window."""
    source_types = [view.table[column] for column in view.view.key_columns]
    found = []
    for history in view.events:
        version = history.seen(t, asked.as_of, asked.hindsight)
        if version is None or version.event_time is None:
            continue
        pairs = zip(version.keys, source_types, asked.keys, asked.key_types, strict=True)
        if all(same_key(*pair) for pair in pairs):
            found.append(Event(version.event_time, version.knowledge_time, version.columns()))
    return found


def _feature_value(feature: Feature, seen: Sequence[Event], t: int, columns: Schema) -> Any:
    where = feature.aggregation.where
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
