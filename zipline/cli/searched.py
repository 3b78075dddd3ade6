"""What can be searched: every name of the definitions, with the texts that stand there."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from zipline.display.written import places, what, window_of
from zipline.dsl.aggregation import Feature
from zipline.dsl.derived import Derived
from zipline.dsl.feature_service import FeatureService
from zipline.dsl.feature_view import FeatureView, Selection
from zipline.dsl.source import EventSource
from zipline.expressions import parse

Text = tuple[str, str]
"""A place (`name`, `tag`, `owner`, `description`, `column`, `expression`) and what stands there."""


@dataclass(frozen=True)
class Item:
    """Something that has a name.

    Attributes:
        kind: view, service, feature or source.
        name: its own; of a feature its view's or service's.
        texts: what is searched.
        feature: its name, if it is one.
        version: the registry's; None in the code.
    """

    kind: str
    name: str
    texts: Sequence[Text]
    feature: str = ""
    version: int | None = None

    @property
    def title(self) -> str:
        """Its name, as commands take it."""
        version = f"@{self.version}" if self.version is not None else ""
        return f"{self.name}{version}" + (f":{self.feature}" if self.feature else "")

    @property
    def summary(self) -> str:
        """What it is, in short: its expression, or else its description."""
        texts = dict(reversed(self.texts))
        return texts.get("expression" if self.kind == "feature" else "description", "")

    @property
    def meaning(self) -> tuple[Any, ...]:
        """What tells it from others, whatever its version."""
        return (self.kind, self.name, self.feature, tuple(self.texts))


def items_of(definition: FeatureService | FeatureView, version: int | None) -> Iterator[Item]:
    """Give a definition, its features and its sources."""
    if isinstance(definition, FeatureService):
        yield from _of_service(definition, version)
        return
    view = definition
    columns = [("column", column) for column in (*view.entity.keys, *view.key_columns)]
    texts = [*_said(view), *dict.fromkeys(columns), ("name", view.entity.name), *_described(view.entity)]
    yield Item("view", view.name, texts, version=version)
    for feature in view.features:
        yield Item("feature", view.name, list(_of_feature(feature)), feature.name, version)
    if version is None:
        yield from _of_sources(view)


def _of_service(service: FeatureService, version: int | None) -> Iterator[Item]:
    asked = [("column", name) for name, _ in service.request]
    keys = [("column", column) for _, column in service.keys]
    bound = [("expression", item.prefix) for item in service.features if isinstance(item, Selection)]
    yield Item("service", service.name, [*_said(service), *asked, *keys, *bound], version=version)
    for item in service.features:
        if isinstance(item, Derived):
            yield Item("feature", service.name, list(_of_feature(item)), item.name, version)


def _of_sources(view: FeatureView) -> Iterator[Item]:
    for member in view.source.members:
        yield Item("source", member.name, list(_of_source(member)))
    if view.source not in view.source.members:
        yield Item("source", view.source.name, _said(view.source))


def _of_feature(feature: Feature | Derived) -> Iterator[Text]:
    yield "name", feature.name
    yield "expression", f"{what(feature)} {window_of(feature)}".rstrip()
    if isinstance(feature, Derived):
        yield from (("column", column) for column in feature.columns)
        return
    aggregation = feature.aggregation
    read = parse(aggregation.where).columns if aggregation.where is not None else ()
    for column in dict.fromkeys(
        (*aggregation.columns, *read, *((aggregation.by,) if aggregation.by else ()))
    ):
        yield "column", column


def _of_source(source: EventSource) -> Iterator[Text]:
    yield from _said(source)
    yield "expression", places(source)
    times = [source.event_time, *([source.knowledge_time] if source.knowledge_time else [])]
    marks = [mark for mark in (source.deleted, source.sequence) if mark]
    declared = [column for column, _ in source.declared]
    selected = [name for name, _ in source.select]
    for column in dict.fromkeys((*(time.column for time in times), *source.id, *marks, *declared, *selected)):
        yield "column", column
    yield from (("expression", f"{name}: {text}") for name, text in source.select)
    if source.where is not None:
        yield "expression", source.where


def _said(definition: Any) -> list[Text]:
    """Return a definition's name and what is said of it."""
    return [("name", definition.name), *_described(definition)]


def _described(definition: Any) -> list[Text]:
    texts = [("description", definition.description), ("owner", definition.owner)]
    texts += [("tag", f"{name}={value}") for name, value in definition.tags]
    return [(place, text) for place, text in texts if text]
