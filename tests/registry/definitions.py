"""A view with something in every place, and the identity of definitions over a table of every type."""

from __future__ import annotations

from typing import Any, Final

import zipline as zl
from zipline.dsl.aggregation import Feature
from zipline.registry.drafts import draft_service, draft_view
from zipline.types import (
    BINARY,
    BOOL,
    DATE,
    FLOAT32,
    FLOAT64,
    INT64,
    STRING,
    TIMESTAMP,
    DataType,
    decimal,
    list_of,
)

TYPES: Final = {
    "user": STRING, "item": STRING, "s": STRING, "s2": STRING,
    "ts": TIMESTAMP, "ts2": TIMESTAMP, "known": TIMESTAMP, "epoch": INT64,
    "x": FLOAT64, "y": FLOAT64, "i": INT64, "j": INT64, "p": decimal(10, 2), "d": DATE, "bin": BINARY,
    "b": BOOL, "b2": BOOL, "seq": INT64, "seq2": INT64, "id": INT64, "id2": INT64,
    "v": DataType("vector", element=FLOAT32, size=2), "w": DataType("vector", element=FLOAT32, size=2),
    "l": list_of(INT64), "f": list_of(FLOAT64), "v2": DataType("vector", element=FLOAT64, size=2),
}  # fmt: skip

ALL: Final = [
    "x", "y", "i", "j", "b", "b2", "seq", "seq2", "id", "id2", "ts", "ts2", "known", "epoch", "d", "s", "v", "w",
]  # fmt: skip
"""What a view reads in whose definition one thing changes: what else is read then stays the same."""

USER: Final = zl.Entity("user")
PAIR: Final = zl.Entity("pair", keys=["user", "item"])


def source(name: str = "events", **options: Any) -> zl.EventSource:
    """Return a source of the table."""
    given: dict[str, Any] = {"table": zl.Parquet("events.parquet"), "event_time": "ts"} | options
    return zl.EventSource(name, **given)


def view(*features: Any, name: str = "v", **options: Any) -> zl.FeatureView:
    """Return a view of the table."""
    given: dict[str, Any] = {"entity": USER, "source": source()} | options
    return zl.FeatureView(name, features=list(features) or [zl.Sum("x").over("1d")], **given)


def with_feature(aggregation: Any, window: Any = None, name: str = "feature") -> zl.FeatureView:
    """Return a view with a feature whose name is given, whatever the aggregation would call itself."""
    feature = Feature(name=name, aggregation=aggregation, window=window or zl.Window("1d"))
    whole = view(zl.Last(ALL).named("all"))
    return whole.model_copy(update={"features": (feature, *whole.features)})


def identity(definition: Any, types: Any = TYPES) -> str:
    """Return the identity of a view or a service over tables of these types."""
    if isinstance(definition, zl.FeatureService):
        views = {
            item.view.name: item.view for item in definition.features if not isinstance(item, zl.Derived)
        }
        return draft_service(
            definition, {name: identity(each, types) for name, each in views.items()}
        ).identity
    return draft_view(definition, dict.fromkeys(definition.source.members, types)).identity
