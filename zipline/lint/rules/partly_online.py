"""A service of which a part cannot be read online."""

from __future__ import annotations

from collections.abc import Iterator

from zipline.dsl.feature_service import FeatureService
from zipline.dsl.feature_view import FeatureView, Selection
from zipline.lint.finding import Finding
from zipline.lint.subject import Subject


def partly_online(subject: Subject) -> Iterator[Finding]:
    """A view is not read online, and others are in a service with it: such a service cannot be served."""
    for view in subject.views:
        services = [service.name for service in subject.services if not view.online and _mixes(service, view)]
        if services:
            yield Finding(
                "warning",
                f"is not read online, unlike other views of {', '.join(services)}: such a service cannot be served",
                "write online=True here too, or make a service of the views that are online",
                view=view.name,
                figures={"services": services},
            )


def _mixes(service: FeatureService, view: FeatureView) -> bool:
    views = {item.view.name: item.view for item in service.features if isinstance(item, Selection)}
    return view.name in views and any(each.online for each in views.values())
