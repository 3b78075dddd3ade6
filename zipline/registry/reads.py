"""Which columns a view reads, and which types its features have: what pins a source's schema."""

from __future__ import annotations

from zipline.dsl.derived import Derived
from zipline.dsl.feature_view import FeatureView
from zipline.dsl.source import EventSource
from zipline.expressions import parse
from zipline.plan.nodes import Column
from zipline.plan.passes import feature_columns


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
    names.update([source.knowledge_time.column] if source.knowledge_time else [])
    names.update(mark for mark in (source.deleted, source.sequence) if mark)
    return frozenset(names | (_wanted(view) - {name for name, _ in select}))


def _wanted(view: FeatureView) -> set[str]:
    """Return the columns of events, `select`'s among them, that the view's features read."""
    features = [feature for feature in view.features if not isinstance(feature, Derived)]
    return set(feature_columns(tuple(Column(feature.name, feature) for feature in features)))
