"""Views that are read from streams, with the types of their tables."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import zipline as zl
from zipline.dsl.feature_view import FeatureView
from zipline.online.state.view_state import ViewState, view_state
from zipline.registry.records import Record
from zipline.registry.stored import pinned_schemas
from zipline.types import DataType, parse_type

FLIGHTS = {
    "carrier": "string", "number": "bigint", "scheduled": "timestamp", "landed": "timestamp", "delay": "double",
    "distance": "bigint", "cancelled": "bool", "note": "string",
}  # fmt: skip


def state_of(view: FeatureView, version: int = 1) -> ViewState:
    """Return the state of a view whose sources say all types in their schemas."""
    types = {s.name: {c: parse_type(k) for c, k in s.declared} for s in view.source.members}
    schemas: Mapping[str, Mapping[str, DataType]] = pinned_schemas(view, types)
    return view_state(Record("view", view.name, version, "", {}, view, schemas))


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
