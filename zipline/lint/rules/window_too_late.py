"""A window that has passed before its events are known."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from zipline.dsl.aggregation import Feature
from zipline.dsl.feature_view import FeatureView
from zipline.dsl.source import EventSource
from zipline.lint.finding import Finding, percent, span
from zipline.lint.subject import Subject, aggregated, members, reach

MOSTLY: Final = 0.5


def window_too_late(subject: Subject) -> Iterator[Finding]:
    """Events become known so late that a window is over by then: it never sees them."""
    for view in subject.views:
        for source in members(view.source):
            for feature in aggregated(view):
                far = reach(feature)
                if far is None:
                    continue
                if source.delay_us >= far:
                    yield _always(view, source, feature, far)
                else:
                    yield from _mostly(subject, view, source, feature, far)


def _always(view: FeatureView, source: EventSource, feature: Feature, far: int) -> Finding:
    return Finding(
        "error",
        f"is always empty: it reaches back {span(far)}, and events are known {span(source.delay_us)} after they happen",
        "lengthen the window beyond the source's delay",
        view=view.name, feature=feature.name, source=source.name,
        figures={"reach": span(far), "delay": span(source.delay_us)},
    )  # fmt: skip


def _mostly(
    subject: Subject, view: FeatureView, source: EventSource, feature: Feature, far: int
) -> Iterator[Finding]:
    facts = subject.facts.get(source)
    if facts is None or not facts.kept or facts.late.get(far, 0) < MOSTLY * facts.kept:
        return
    late = facts.late[far]
    yield Finding(
        "warning",
        f"never sees {percent(late, facts.kept)} of {facts.kept:,} rows: they become known {span(far)} or more after "
        "they happen, when the window is over",
        "lengthen the window",
        view=view.name, feature=feature.name, source=source.name,
        figures={"reach": span(far), "rows": facts.kept, "late": late},
    )  # fmt: skip
