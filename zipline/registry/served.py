"""Versions as they are served today: how they compute is the record's, where they stream from and how fresh is news."""

from __future__ import annotations

from dataclasses import replace

from zipline.dsl.feature_view import FeatureView
from zipline.errors import RequestError
from zipline.registry.located import located
from zipline.registry.records import Record
from zipline.registry.registry import Registry


def served(registry: Registry, record: Record) -> tuple[Record, ...]:
    """Return a version and, of a service, first the versions of its views, with the facts of today.

    Args:
        registry: where it is registered.
        record: of a view or a service.

    Raises:
        RequestError: a view is not read online.
    """
    if record.kind == "view":
        return (_view(registry, record),)
    views = [registry.record("view", name, version) for name, version in sorted(record.views.items())]
    try:
        return (*(_view(registry, view) for view in views), record)
    except RequestError as error:
        raise error.at(f"service {record.title}") from None


def _view(registry: Registry, record: Record) -> Record:
    assert isinstance(record.definition, FeatureView)
    facts = next(
        (
            state.views[record.name]
            for state in registry.states()
            if record.name in state.views and state.views[record.name].version == record.version
        ),
        None,
    )
    if facts is None or not facts.online:
        raise RequestError(
            f"view {record.title} is not read online",
            hint="say so in its definition, online=True, and register that: zipline apply",
        )
    view = located(record.definition, registry.states())
    read = {"online": facts.online, "freshness_us": facts.freshness_us}
    return replace(record, definition=view.model_copy(update=read))
