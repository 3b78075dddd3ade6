"""Records as what a request may list: pinned selections and services, which read their sources where they lie today."""

from __future__ import annotations

from zipline.dsl.feature_service import FeatureService
from zipline.dsl.feature_view import FeatureView, Selection
from zipline.plan.nodes import Pin
from zipline.plan.pinned import PinnedSelection, PinnedService
from zipline.registry.located import located
from zipline.registry.records import Record
from zipline.registry.registry import Registry


def pinned_view(registry: Registry, record: Record) -> PinnedSelection:
    """Return all features of a view's version, under columns `{view}_v{version}__{feature}`."""
    assert isinstance(record.definition, FeatureView)
    whole = Selection(
        view=record.definition,
        prefix=f"{record.name}_v{record.version}",
        keys=(),
        names=record.definition.names,
    )
    return _pinned(registry, record, whole)


def pinned_service(registry: Registry, record: Record) -> PinnedService:
    """Return a service's version, under its own columns, reading the versions of the views that it pins."""
    service = record.definition
    assert isinstance(service, FeatureService)
    views = {name: registry.record("view", name, version) for name, version in record.views.items()}
    features = tuple(
        _pinned(registry, views[item.view.name], item) if isinstance(item, Selection) else item
        for item in service.features
    )
    fields = {name: getattr(service, name) for name in FeatureService.model_fields}
    return PinnedService.model_construct(**fields | {"features": features, "version": record.version})


def _pinned(registry: Registry, record: Record, item: Selection) -> PinnedSelection:
    assert isinstance(record.definition, FeatureView)
    view = located(record.definition, registry.states())
    pins = tuple(
        Pin(
            record.title, source, tuple(sorted(record.schemas[source.name].items(), key=lambda pair: pair[0]))
        )
        for source in view.source.members
    )
    return PinnedSelection(
        view=view, prefix=item.prefix, keys=item.keys, names=item.names, version=record.version, pins=pins
    )
