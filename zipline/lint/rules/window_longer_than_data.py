"""A window that reaches back further than the data do."""

from __future__ import annotations

from collections.abc import Iterator

from zipline.dsl.feature_view import FeatureView
from zipline.lint.finding import Finding, moment, span
from zipline.lint.subject import Subject, aggregated


def window_longer_than_data(subject: Subject) -> Iterator[Finding]:
    """A window is longer than the time from the first event to the last: it sees what a lifetime would see.

    A model that learns on it learns how old the data are, and sees other values once they are older.
    """
    for view in subject.views:
        events = [facts.event for _, facts in subject.read_by(view)]
        firsts = [each.first for each in events if each.first is not None]
        lasts = [each.last for each in events if each.last is not None]
        if firsts and lasts:
            yield from _of_view(view, min(firsts), max(lasts))


def _of_view(view: FeatureView, first: int, last: int) -> Iterator[Finding]:
    longer: dict[str, list[str]] = {}
    for feature in aggregated(view):
        length = feature.window.length_us
        if length is not None and length > last - first:
            longer.setdefault(span(length), []).append(feature.name)
    for window, names in longer.items():
        yield Finding(
            "warning",
            f"a window of {window} is longer than the data, {span(last - first)} from {moment(first)} "
            f"to {moment(last)}: {', '.join(names)}",
            "shorten the window, or have older events in the table",
            view=view.name,
            figures={
                "window": window, "features": names,
                "first_event": moment(first), "last_event": moment(last), "span": span(last - first),
            },
        )  # fmt: skip
