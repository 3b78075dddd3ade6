"""Which features read which columns."""

from __future__ import annotations

from zipline.dsl.feature_view import FeatureView
from zipline.lint.subject import aggregated


def columns_of(view: FeatureView) -> dict[str, list[str]]:
    """Return the columns that a view aggregates, each with its features; event times and groups are not among them."""
    used: dict[str, list[str]] = {}
    for feature in aggregated(view):
        aggregation = feature.aggregation
        several = isinstance(aggregation.column, tuple)
        for column in aggregation.columns:
            if not (several and column == "event_time"):
                used.setdefault(column, []).append(feature.name)
    return used
