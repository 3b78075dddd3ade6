"""Which registered version a definition of the code is, told without reading any table."""

from __future__ import annotations

from zipline.dsl.feature_service import FeatureService
from zipline.dsl.feature_view import FeatureView, Selection
from zipline.errors import ZiplineError
from zipline.registry.json import digest
from zipline.registry.meaning import service_meaning, view_meaning
from zipline.registry.reads import output_types
from zipline.registry.records import Kind, Record, Schemas
from zipline.registry.registry import Registry
from zipline.registry.settled import settled


def current_version(registry: Registry, definition: FeatureView | FeatureService) -> int | None:
    """Return the applied version that a definition is, given the types of then; None where it is none."""
    kind: Kind = "service" if isinstance(definition, FeatureService) else "view"
    applied = registry.applied()
    facts = (applied.services if kind == "service" else applied.views) if applied else {}
    if definition.name not in facts:
        return None
    record = registry.record(kind, definition.name, facts[definition.name].version)
    return record.version if _is_of(registry, definition, record) else None


def _is_of(registry: Registry, definition: FeatureView | FeatureService, record: Record) -> bool:
    try:
        if isinstance(definition, FeatureView):
            return _identity(definition, record.schemas) == record.identity
        views = {item.view.name: item.view for item in definition.features if isinstance(item, Selection)}
        schemas = {name: registry.record("view", name, record.views[name]).schemas for name in views}
        identities = {name: _identity(view, schemas[name]) for name, view in views.items()}
        return digest(service_meaning(definition, identities)) == record.identity
    except (KeyError, ZiplineError):  # it reads a column, a source or a view that the version does not
        return False


def _identity(view: FeatureView, schemas: Schemas) -> str:
    view = settled(view, schemas)
    return digest(view_meaning(view, schemas, output_types(view, schemas)))
