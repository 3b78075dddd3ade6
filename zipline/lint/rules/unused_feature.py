"""A feature that nobody uses."""

from __future__ import annotations

from collections.abc import Iterator

from zipline.dsl.derived import Derived
from zipline.dsl.feature_view import FeatureView, Selection
from zipline.lint.finding import Finding
from zipline.lint.subject import Subject


def unused_feature(subject: Subject) -> Iterator[Finding]:
    """No service lists a feature, nor a derived feature that reads it. Needs a service to judge by."""
    if not subject.services:
        return
    used = _used(subject)
    for view in subject.views:
        mine = used.get(view.name, set())
        if not mine:
            yield Finding(
                "note", f"no service lists any of its {len(view.features)} features",
                "list it in a service, or remove it", view=view.name, figures={"features": list(view.names)},
            )  # fmt: skip
            continue
        for name in view.names:
            if name not in mine:
                yield Finding(
                    "note", "no service lists it", "list it in a service, or remove it",
                    view=view.name, feature=name,
                )  # fmt: skip


def _used(subject: Subject) -> dict[str, set[str]]:
    used: dict[str, set[str]] = {}
    for service in subject.services:
        for item in service.features:
            if isinstance(item, Selection):
                used.setdefault(item.view.name, set()).update(_with_inputs(item.view, item.names))
    return used


def _with_inputs(view: FeatureView, names: tuple[str, ...]) -> set[str]:
    wanted = set(names)
    for feature in reversed(view.features):
        if isinstance(feature, Derived) and feature.name in wanted:
            wanted.update(feature.columns)
    return wanted
