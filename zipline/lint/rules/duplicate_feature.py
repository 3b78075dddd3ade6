"""One feature under two names."""

from __future__ import annotations

from collections.abc import Hashable, Iterator

from zipline.dsl.aggregation import Feature
from zipline.dsl.feature_view import FeatureView
from zipline.expressions import parse
from zipline.lint.finding import Finding
from zipline.lint.subject import Subject, aggregated


def duplicate_feature(subject: Subject) -> Iterator[Finding]:
    """Two features of one source and key have one meaning: they are computed and kept twice, and drift apart."""
    seen: dict[Hashable, str] = {}
    for view in subject.views:
        for feature in aggregated(view):
            first = seen.setdefault(_meaning(view, feature), f"{view.name}:{feature.name}")
            if first != f"{view.name}:{feature.name}":
                yield Finding(
                    "warning",
                    f"is {first} under another name",
                    "keep one",
                    view=view.name, feature=feature.name, figures={"same_as": first},
                )  # fmt: skip


def _meaning(view: FeatureView, feature: Feature) -> Hashable:
    aggregation = feature.aggregation
    where = parse(aggregation.where).canonical if aggregation.where is not None else None
    plain = aggregation.model_copy(update={"stem": None, "where": where})
    return (view.source, view.entity.keys, view.key_columns, plain, feature.window.meaning)
