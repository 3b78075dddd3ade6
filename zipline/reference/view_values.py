"""The features of one view for one observation, each from the events that it can see."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from zipline.dsl import Derived, EventSource, Feature, FeatureView
from zipline.expressions import parse
from zipline.reference.copies import Row, Schema, visible_schema
from zipline.reference.evaluate import evaluate
from zipline.reference.events import History, histories
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
        members: its source, or the members of its union.
        types: of the features, by name.
    """

    view: FeatureView
    members: Sequence[Member]
    types: Schema

    @property
    def columns(self) -> Schema:
        """The types of the columns that aggregations see."""
        return self.members[0].columns


@dataclass(frozen=True)
class Member:
    """A source with its events.

    Attributes:
        table: the types of the table's own columns.
        columns: the types of the columns that aggregations see.
    """

    events: Sequence[History]
    table: Schema
    columns: Schema


def read_view(view: FeatureView, tables: Mapping[str, Sequence[Row]], schemas: Mapping[str, Schema]) -> View:
    """Return a view over the rows of its sources' tables, by name."""
    members = [
        Member(
            histories(source, view.key_columns, tables[source.name], schemas[source.name]),
            visible_schema(source, schemas[source.name]),
            _selected_types(source, schemas[source.name]),
        )
        for source in view.source.members
    ]
    return View(view, members, view_types(view, schemas))


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
    found = []
    for member in view.members:
        source_types = [member.table[column] for column in view.view.key_columns]
        for history in member.events:
            version = history.seen(t, asked.as_of, asked.hindsight)
            if version is None or version.event_time is None:
                continue
            pairs = zip(version.keys, source_types, asked.keys, asked.key_types, strict=True)
            if all(same_key(*pair) for pair in pairs):
                found.append(Event(version.event_time, version.knowledge_time, version.columns()))
    if any(event.knowledge_time is not None for event in found):
        # Beside events that became known some time, the others were known as they happened.
        return [
            event if event.knowledge_time is not None else replace(event, knowledge_time=event.event_time)
            for event in found
        ]
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


def view_types(view: FeatureView, schemas: Mapping[str, Schema]) -> dict[str, DataType]:
    """Return the type of every feature of a view, by name; the members of a union agree on its columns."""
    source = view.source.members[0]
    columns = _selected_types(source, schemas[source.name])
    types: dict[str, DataType] = {}
    for feature in view.features:
        if isinstance(feature, Derived):
            types[feature.name] = parse(feature.expression, derived=True).type_of(types)
        else:
            types[feature_name(feature)] = output_type(feature.aggregation, columns)
    return types


def _selected_types(source: EventSource, schema: Schema) -> dict[str, DataType]:
    schema = visible_schema(source, schema)
    return {**schema, **{name: parse(text).type_of(schema) for name, text in source.select}}
