"""What a test asks for: only the named features, over the events given, of one entity."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from zipline.dsl.derived import Derived
from zipline.dsl.feature_service import FeatureService
from zipline.dsl.feature_view import FeatureView, Selection
from zipline.dsl.source import EventSource
from zipline.errors import RequestError, nearest


class Asked:
    """The parts of views, and the derived columns, that named features need.

    Args:
        features: a view, whose features go by their short names, or a service, whose outputs go by theirs.
        names: the features that are expected of it.

    Attributes:
        items: what the request lists, in the definition's order.
        outputs: name as expected -> output column, of the expected features and all that they derive from.
        derived: name -> expression, of those outputs that are derived, names in it being output columns.
    """

    def __init__(self, features: FeatureView | FeatureService, names: Iterable[str]) -> None:
        self.features = features
        if isinstance(features, FeatureView):
            given: tuple[Selection | Derived, ...] = (features[features.names],)
            prefix = f"{features.name}__"
        elif isinstance(features, FeatureService):
            given, prefix = features.features, ""
        else:
            raise RequestError(
                f"{features!r} is neither a view nor a service",
                hint="give a zl.FeatureView or a zl.FeatureService",
            )
        known = [column.removeprefix(prefix) for item in given for column in columns_of(item)]
        for name in names:
            if name not in known:
                raise RequestError(
                    f"has no feature {name!r}",
                    where=f"expect= of {features.name!r}",
                    hint=nearest(name, known),
                )
        wanted = {prefix + name for name in names}
        self.items = _needed(given, wanted)
        self.outputs = {
            column.removeprefix(prefix): column for item in self.items for column in columns_of(item)
        }
        self.derived = {
            name: expression for item in self.items for name, expression in _derived(item, prefix)
        }
        self.service = features if isinstance(features, FeatureService) else None

    @property
    def selections(self) -> list[Selection]:
        """The parts of views."""
        return [item for item in self.items if isinstance(item, Selection)]

    def keys(self, item: Selection) -> dict[str, str]:
        """Return, for each key of a view's source, the column of the entity that holds it."""
        columns = dict(self.service.keys if self.service else ()) | dict(item.keys)
        pairs = zip(item.view.entity.keys, item.view.key_columns, strict=True)
        return {column: columns.get(key, key) for key, column in pairs}

    def places(self, name: str) -> list[tuple[str, str]]:
        """Return the (source, column) that hold a key of the entity's."""
        return [
            (source.name, column)
            for item in self.selections
            for column, each in self.keys(item).items()
            if each == name
            for source in item.view.source.members
        ]


def columns_of(item: Selection | Derived) -> list[str]:
    """Return the output columns of a part of a request."""
    if isinstance(item, Derived):
        return [item.name]
    return [f"{item.prefix}__{name}" for name in item.names]


def _needed(given: Sequence[Selection | Derived], wanted: set[str]) -> list[Selection | Derived]:
    """Return the parts that give the wanted columns and, in services and views, all that they derive from."""
    kept: list[Selection | Derived] = []
    for item in reversed(given):
        if isinstance(item, Derived):
            if item.name in wanted:
                wanted.update(item.columns)
                kept.append(item)
            continue
        names = {name for name in item.names if f"{item.prefix}__{name}" in wanted}
        for feature in reversed(item.view.features):
            if feature.name in names and isinstance(feature, Derived):
                names.update(feature.columns)
        if names:
            ordered = tuple(name for name in item.view.names if name in names)
            kept.append(item.model_copy(update={"names": ordered}))
    return kept[::-1]


def _derived(item: Selection | Derived, prefix: str) -> list[tuple[str, Derived]]:
    if isinstance(item, Derived):
        return [(item.name, item)]
    return [
        (f"{item.prefix}__{name}".removeprefix(prefix), feature)
        for name in item.names
        if isinstance(feature := item.view.feature(name), Derived)
    ]


def sources_of(asked: Asked) -> dict[str, EventSource]:
    """Return the sources that are read, the members of unions, by name."""
    return {source.name: source for item in asked.selections for source in item.view.source.members}


def observation(
    asked: Asked, tables: Mapping[str, Any], entity: Mapping[str, Any], request: Mapping[str, Any]
) -> dict[str, Any]:
    """Return the entity's columns: those given, and those that the events leave no doubt about.

    Raises:
        RequestError: a key is not given and the events belong to several entities or to none; or one is not known.
    """
    values = {**entity, **request}
    known = {column for item in asked.selections for column in asked.keys(item).values()}
    fields = {name for name, _ in asked.service.request} if asked.service else set()
    for name in values:
        if name not in known | fields:
            raise RequestError(
                f"{name!r} is neither a key nor a request field of {asked.features.name!r}",
                where="entity=" if name in entity else "request=",
                hint=nearest(name, known | fields),
            )
    for name in sorted(known - values.keys()):
        seen = [
            value for source, column in asked.places(name) for value in tables[source][column].to_pylist()
        ]
        values[name] = _only(name, seen)
    return values


def _only(name: str, seen: Sequence[Any]) -> Any:
    different = list(dict.fromkeys(value for value in seen if value is not None))
    if len(different) == 1:
        return different[0]
    shown = ", ".join(repr(value) for value in different[:5]) + (", ..." if len(different) > 5 else "")
    raise RequestError(
        f"the events have several values of {name!r}: {shown}"
        if different
        else f"no event has a value of {name!r}",
        hint=f"say whose features are meant: entity={{{name!r}: ...}}",
    )
