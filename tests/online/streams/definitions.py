"""Views that are read from streams, with the types of their tables."""

from __future__ import annotations

from typing import Any

import zipline as zl
from zipline.dsl.feature_view import FeatureView
from zipline.online.state.view_state import ViewState, view_state
from zipline.registry.json import digest
from zipline.registry.meaning import view_meaning
from zipline.registry.reads import output_types
from zipline.registry.records import Record
from zipline.registry.stored import pinned_schemas, tied_schemas
from zipline.types import parse_type

FLIGHTS = {
    "carrier": "string", "number": "bigint", "scheduled": "timestamp", "landed": "timestamp", "delay": "double",
    "distance": "bigint", "cancelled": "bool", "note": "string",
}  # fmt: skip


def record_of(view: FeatureView, version: int = 1) -> Record:
    """Return the record of a view whose sources say all types in their schemas, as the registry would make it."""
    types = {s.name: {c: parse_type(k) for c, k in s.declared} for s in view.source.members}
    schemas = pinned_schemas(view, types)
    meaning = view_meaning(view, schemas, output_types(view, schemas))
    made = "2013-01-01T00:00:00Z"
    return Record(
        "view", view.name, version, digest(meaning), meaning, view, schemas, registered_at=made,
        ties=tied_schemas(view, types),
    )  # fmt: skip


def state_of(view: FeatureView) -> ViewState:
    """Return the state of such a view."""
    return view_state(record_of(view))


def flights(**options: Any) -> zl.EventSource:
    """Return a source of flights, known when they landed."""
    said: dict[str, Any] = {
        "stream": zl.Push(), "event_time": "scheduled", "knowledge_time": "landed", "schema": FLIGHTS,
    }  # fmt: skip
    return zl.EventSource("flights", **said | options)


def delays(source: zl.EventSource | zl.Union, *more: Any, **options: Any) -> FeatureView:
    """Return a view of carriers."""
    features = [zl.Count().over("1h"), zl.Sum("delay").over("1d"), *more]
    return zl.FeatureView(
        "carrier_delays", entity=zl.Entity("carrier"), source=source, features=features, **options
    )
