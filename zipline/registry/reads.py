"""Which columns a view reads, and which types its features have: what pins a source's schema."""

from __future__ import annotations

from collections.abc import Mapping

from zipline.dsl.derived import Derived
from zipline.dsl.feature_view import FeatureView
from zipline.dsl.snapshot import Snapshot
from zipline.dsl.source import EventSource
from zipline.errors import DefinitionError
from zipline.expressions import parse
from zipline.plan.build import build
from zipline.plan.nodes import Column, Visibility
from zipline.plan.passes import feature_columns
from zipline.plan.schema import check_sweep
from zipline.plan.sources import Schema
from zipline.types import DataType


def output_types(view: FeatureView, tables: Mapping[str, Schema]) -> Schema:
    """Return the types of a view's features, by name, after checking all of it against its tables.

    Args:
        view: the view.
        tables: source -> column -> type.

    Raises:
        SchemaError: the view does not fit a table.
        ExpressionError: a derived feature does not fit those that it reads.
    """
    plan = build(view, time="time", keys=None, visibility=Visibility(0))
    types: dict[str, DataType] = {}
    for sweep in plan.sweeps:
        types |= check_sweep(sweep, [tables[source.name] for source in sweep.sources]).features
    for derived in plan.root.columns:
        try:
            types[derived.name] = parse(derived.expression, derived=True).type_of(
                {short: types[name] for short, name in derived.columns}
            )
        except DefinitionError as error:
            raise error.at(f"Derived({derived.name!r})") from None
    return {name: types[f"{view.name}__{name}"] for name in view.names}


def selected(view: FeatureView, source: EventSource) -> tuple[tuple[str, str], ...]:
    """Return those of a source's `select` columns that the view's features read."""
    wanted = _wanted(view)
    return tuple((name, text) for name, text in source.select if name in wanted)


def columns_read(view: FeatureView, source: EventSource) -> frozenset[str]:
    """Return the table's own columns that the view reads of a source: of times, id, keys, expressions, features.

    (Versions that tie are ordered by all of the table's columns; those are not counted.)
    """
    select = selected(view, source)
    texts = [text for _, text in select] + ([source.where] if source.where is not None else [])
    names = {column for text in texts for column in parse(text).columns}
    names.update([source.event_time.column, *source.id, *view.key_columns])
    names.update((source.table.columns or ()) if isinstance(source.table, Snapshot) else ())
    names.update([source.knowledge_time.column] if source.knowledge_time else [])
    names.update(mark for mark in (source.deleted, source.sequence) if mark)
    return frozenset(names | (_wanted(view) - {name for name, _ in select}))


def _wanted(view: FeatureView) -> set[str]:
    """Return the columns of events, `select`'s among them, that the view's features read."""
    features = [feature for feature in view.features if not isinstance(feature, Derived)]
    return set(feature_columns(tuple(Column(feature.name, feature) for feature in features)))
