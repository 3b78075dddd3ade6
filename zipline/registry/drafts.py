"""Drafts: the code's definitions with their identities, before they have numbers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from zipline.dsl.definition import Definition
from zipline.dsl.feature_service import FeatureService
from zipline.dsl.feature_view import FeatureView, Selection
from zipline.dsl.source import EventSource
from zipline.dsl.streams import Stream
from zipline.dsl.table import Table
from zipline.errors import DefinitionError
from zipline.plan.sources import Schema
from zipline.registry.codec import encode
from zipline.registry.json import digest
from zipline.registry.meaning import Meaning, service_meaning, view_meaning
from zipline.registry.reads import output_types
from zipline.registry.records import Kind, Schemas
from zipline.registry.secrets import refuse_secrets
from zipline.registry.settled import settled
from zipline.registry.stored import pinned_schemas, tied_schemas


@dataclass(frozen=True)
class Draft:
    """A definition of the code, and its identity."""

    kind: Kind
    name: str
    identity: str
    meaning: Meaning
    definition: FeatureView | FeatureService
    schemas: Schemas = field(default_factory=dict)
    ties: Schemas = field(default_factory=dict)


@dataclass(frozen=True)
class Drafts:
    """All of the code.

    Attributes:
        views, services: by name.
        sources: where each source's rows lie, by name.
        streams: where those sources' events come from as they happen that have a stream, by name.
    """

    views: Mapping[str, Draft]
    services: Mapping[str, Draft]
    sources: Mapping[str, Table]
    streams: Mapping[str, Stream] = field(default_factory=dict)


def draft(
    views: Iterable[FeatureView], services: Iterable[FeatureService], tables: Mapping[EventSource, Schema]
) -> Drafts:
    """Return the drafts of all definitions.

    Args:
        views: all of them, those of the services too.
        services: all of them.
        tables: the types of each source's table.

    Raises:
        DefinitionError: a definition does not fit its table, or cannot be registered.
    """
    ordered = sorted(views, key=lambda each: each.name)
    drafted = {view.name: draft_view(view, tables) for view in ordered}
    identities = {name: each.identity for name, each in drafted.items()}
    return Drafts(
        drafted,
        {
            service.name: draft_service(service, identities)
            for service in sorted(services, key=lambda each: each.name)
        },
        *_places(ordered),
    )


def draft_view(view: FeatureView, tables: Mapping[EventSource, Schema]) -> Draft:
    """Return a view with its identity."""
    types = {source.name: tables[source] for source in view.source.members}
    view = settled(view, types)
    outputs = output_types(view, types)
    try:
        meaning = view_meaning(view, types, outputs)
    except DefinitionError as error:
        raise error.at(f"view {view.name!r}") from None
    schemas, ties = pinned_schemas(view, types), tied_schemas(view, types)
    return Draft("view", view.name, digest(meaning), meaning, view, schemas, ties)


def draft_service(service: FeatureService, identities: Mapping[str, str]) -> Draft:
    """Return a service with its identity, given those of its views."""
    meaning = service_meaning(service, identities)
    return Draft("service", service.name, digest(meaning), meaning, service)


def views_of(service: FeatureService) -> tuple[str, ...]:
    """Return the names of a service's views, each once."""
    return tuple(dict.fromkeys(item.view.name for item in service.features if isinstance(item, Selection)))


def _places(views: Iterable[FeatureView]) -> tuple[dict[str, Table], dict[str, Stream]]:
    """Return where each source's rows lie, and where they come from as they happen."""
    sources: dict[str, EventSource] = {}
    for view in views:
        for source in view.source.members:
            refuse_secrets(source.table, source.name)
            if source.stream is not None:
                refuse_secrets(source.stream, source.name)
            other = sources.setdefault(source.name, source)
            for what in ("table", "stream"):
                _check_place(what, getattr(source, what), getattr(other, what), source.name, view.name)
    ordered = sorted(sources.items())
    return (
        {name: source.table for name, source in ordered},
        {name: source.stream for name, source in ordered if source.stream is not None},
    )


def _check_place(
    what: str, place: Definition | None, other: Definition | None, source: str, view: str
) -> None:
    if (place and encode(place)) == (other and encode(other)):
        return
    raise DefinitionError(
        f"two sources are called {source!r} and read different {what}s",
        where=f"view {view!r}",
        hint="rename one: by its name a pinned version finds where a source's rows lie today",
    )
