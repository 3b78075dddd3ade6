"""A repository as it is developed: the same definitions, on embedded parts, every stream fed by calls."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from zipline.dsl.feature_service import FeatureService
from zipline.dsl.feature_view import FeatureView, Selection
from zipline.dsl.source import EventSource
from zipline.dsl.streams import Push
from zipline.dsl.union import Source, Union
from zipline.repository import Repository
from zipline.settings import Settings

FOLDER: Final = ".zipline/dev"
"""Where the state lies, in the repository: registry, online store and pushed rows of its own."""


def local(repository: Repository, folder: str = FOLDER) -> Repository:
    """Return a repository whose registry, online store and streams are in one folder.

    Args:
        repository: as its files are.
        folder: relative to it, or absolute.
    """
    views = {name: _view(view) for name, view in repository.views.items()}
    return replace(
        repository,
        settings=_settings(repository.settings, folder),
        views=views,
        services={name: _service(service, views) for name, service in repository.services.items()},
        sources={name: _source(source) for name, source in repository.sources.items()},
    )


def _settings(settings: Settings, folder: str) -> Settings:
    return replace(
        settings,
        registry=replace(settings.registry, path=f"{folder}/registry"),
        online=replace(settings.online, store=f"embedded:{folder}/online"),
        push=replace(settings.push, folder=f"{folder}/push"),
    )


def _source(source: Source) -> Source:
    """Return a source that is fed by calls; where its stream is, is no part of what its values mean."""
    if isinstance(source, Union):
        return source.model_copy(update={"members": tuple(_pushed(each) for each in source.members)})
    return _pushed(source)


def _pushed(source: EventSource) -> EventSource:
    return source.model_copy(update={"stream": Push()})


def _view(view: FeatureView) -> FeatureView:
    return view.model_copy(update={"source": _source(view.source)})


def _service(service: FeatureService, views: dict[str, FeatureView]) -> FeatureService:
    features = tuple(
        item.model_copy(update={"view": views[item.view.name]}) if isinstance(item, Selection) else item
        for item in service.features
    )
    return service.model_copy(update={"features": features})
