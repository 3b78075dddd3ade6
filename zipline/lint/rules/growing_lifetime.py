"""State that grows without end."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from zipline.aggregations import CountDistinct
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
            if feature.grows_with is not None:
                yield _finding(subject, view, feature, feature.grows_with)


def _finding(subject: Subject, view: FeatureView, feature: Feature, column: str) -> Finding:
    counts = [facts.columns[column].distinct for _, facts in subject.read_by(view)]
    distinct = max((count for count in counts if count is not None), default=None)
    so_far = f", about {distinct:,} so far" if distinct is not None else ""
    if feature.aggregation.by is not None:
        hint = "give it a window such as .over('365d'), or limit=n"
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
