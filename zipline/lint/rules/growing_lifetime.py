"""State that grows without end."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from zipline.aggregations import CountDistinct, Histogram, MostFrequent
from zipline.dsl.aggregation import Feature
from zipline.dsl.feature_view import FeatureView
from zipline.lint.finding import Finding
from zipline.lint.subject import Subject, aggregated

FEW: Final = 100
"""So many different values in all rows may well be all that there will ever be."""


def growing_lifetime(subject: Subject) -> Iterator[Finding]:
    """A lifetime window keeps every value it ever saw: CountDistinct, Histogram, MostFrequent, or any `by=`.

    Sums, counts, extremes, the last k and sketches stay small, however long they run.
    """
    for view in subject.views:
        for feature in aggregated(view):
            column = _growing(feature)
            if column is not None:
                yield _finding(subject, view, feature, column)


def _growing(feature: Feature) -> str | None:
    """Return the column each of whose values is kept for ever, if there is one."""
    aggregation = feature.aggregation
    if feature.window.length_us is not None:
        return None
    if aggregation.by is not None:
        return aggregation.by
    if isinstance(aggregation, (CountDistinct, Histogram, MostFrequent)) and aggregation.limit is None:
        return aggregation.columns[0]
    return None


def _finding(subject: Subject, view: FeatureView, feature: Feature, column: str) -> Finding:
    counts = [facts.columns[column].distinct for _, facts in subject.read_by(view)]
    distinct = max((count for count in counts if count is not None), default=None)
    so_far = f", about {distinct:,} so far" if distinct is not None else ""
    if feature.aggregation.by is not None:
        hint = "give it a window: .over('365d')"
    elif isinstance(feature.aggregation, CountDistinct):
        hint = "give it a window, limit=n, or use ApproxCountDistinct"
    else:
        hint = "give it a window, or limit=n"
    return Finding(
        "note" if distinct is not None and distinct <= FEW else "warning",
        f"keeps each value of {column!r} that an entity ever had{so_far}: its state grows without end",
        hint,
        view=view.name, feature=feature.name,
        figures={"column": column} | ({} if distinct is None else {"distinct": distinct}),
    )  # fmt: skip
