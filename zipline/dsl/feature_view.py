"""FeatureView: an entity's features over one source; and the ways to take part of one, or one several times."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from zipline.display import Displayed, called
from zipline.dsl.aggregation import Aggregation, Feature, Windowed, features_of
from zipline.dsl.definition import Definition, as_pairs, check_name
from zipline.dsl.derived import Derived
from zipline.dsl.entity import Entity
from zipline.dsl.online import check_online, parse_freshness
from zipline.dsl.source import EventSource
from zipline.dsl.union import Source, Union
from zipline.errors import DefinitionError, nearest
from zipline.time import DurationLike, TimeLike

if TYPE_CHECKING:
    from zipline.store import FeatureStore
    from zipline.timeline import Timeline


class FeatureView(Displayed, Definition):
    """Features of one entity, aggregated from one source.

    Args:
        name: the view's name, the prefix of its columns: `{view}__{feature}`.
        entity: what the features describe.
        source: the events: an `EventSource`, or a `Union` of several.
        features: aggregations (`zl.Count()` over a lifetime, `zl.Sum("x").over("1d", "7d")`) and `zl.Derived`.
        keys: entity key -> source column (in every member of a union), where the names differ.
        online: whether services may read it online; what no bounded state can hold is then refused.
        freshness: how far its stream may be behind until what is read is marked as `STALE`; it may always unless given.
        deprecated: what to do instead, such as `"use carrier_delays@3"`; who uses the view is then warned.

    >>> from zipline.aggregations import Count
    >>> from zipline.dsl import EventSource, Parquet
    >>> user = Entity("user")
    >>> clicks = EventSource("clicks", table=Parquet("clicks.parquet"), event_time="ts")
    >>> FeatureView("user_clicks", entity=user, source=clicks, features=[Count().over("1h", "1d")]).names
    ('count_1h', 'count_1d')
    """

    name: str
    entity: Entity
    source: Source
    features: tuple[Feature | Derived, ...]
    keys: tuple[tuple[str, str], ...] = ()
    online: bool = False
    freshness_us: int | None = None
    description: str = ""
    owner: str = ""
    tags: tuple[tuple[str, str], ...] = ()
    deprecated: str = ""

    def __init__(
        self,
        name: str,
        *,
        entity: Entity,
        source: Source,
        features: Sequence[Aggregation | Windowed | Derived],
        keys: Mapping[str, str] | None = None,
        online: bool = False,
        freshness: str | timedelta | None = None,
        description: str = "",
        owner: str = "",
        tags: Mapping[str, str] | None = None,
        deprecated: str = "",
    ) -> None:
        check_name(name, "a view")
        if not isinstance(source, (EventSource, Union)):
            raise DefinitionError(
                f"source={called(source)} is no source", where=f"view {name!r}",
                hint="give a zl.EventSource, or a zl.Union of several",
            )  # fmt: skip
        try:
            expanded = tuple(each for item in features for each in _expand(item))
            _check_features(expanded)
            check_keys(keys, entity)
            if online:
                check_online(source.members, expanded)
            freshness_us = parse_freshness(freshness, online, source.members)
        except DefinitionError as error:
            raise error.at(f"view {name!r}") from None
        super().__init__(
            name=name,
            entity=entity,
            source=source,
            features=expanded,
            keys=as_pairs(keys, "keys"),
            online=online,
            freshness_us=freshness_us,
            description=description,
            owner=owner,
            tags=as_pairs(tags, "tags"),
            deprecated=deprecated,
        )

    @property
    def names(self) -> tuple[str, ...]:
        """The features' names, in the order of the definition."""
        return tuple(feature.name for feature in self.features)

    @property
    def key_columns(self) -> tuple[str, ...]:
        """The source's columns that hold the entity's keys, in the entity's order."""
        mapping = dict(self.keys)
        return tuple(mapping.get(key, key) for key in self.entity.keys)

    def feature(self, name: str) -> Feature | Derived:
        """Return a feature by name."""
        for feature in self.features:
            if feature.name == name:
                return feature
        raise DefinitionError(
            f"has no feature {name!r}", where=f"view {self.name!r}", hint=nearest(name, self.names)
        )

    def timeline(
        self,
        entity: Any,
        start: TimeLike,
        end: TimeLike,
        *,
        features: str | Sequence[str] | None = None,
        every: DurationLike | None = None,
        as_of: TimeLike | None = None,
        hindsight: bool = False,
        store: FeatureStore | None = None,
    ) -> Timeline:
        """Return the features of one entity through time: `FeatureStore.timeline`, which says what the arguments are.

        Args:
            store: where tables and settings are found; that of the current folder's repository unless given.
        """
        from zipline.store import FeatureStore

        return (store or FeatureStore()).timeline(
            self, entity, start, end, features=features, every=every, as_of=as_of, hindsight=hindsight
        )

    def __getitem__(self, names: str | tuple[str, ...]) -> Selection:
        return Selection(view=self, prefix=self.name, keys=(), names=_names(self, names))

    def bind(self, name: str, *, keys: Mapping[str, str]) -> BoundView:
        """Return the view under another name, its entity's keys read from other columns of the observations.

        Args:
            name: the prefix of the columns.
            keys: entity key -> observation column (or request field).
        """
        check_name(name, "a bound view")
        check_keys(keys, self.entity)
        return BoundView(view=self, name=name, keys=as_pairs(keys, "keys"))


class BoundView(Displayed, Definition):
    """A view used under another name with keys of its own."""

    view: FeatureView
    name: str
    keys: tuple[tuple[str, str], ...]

    def __getitem__(self, names: str | tuple[str, ...]) -> Selection:
        return Selection(view=self.view, prefix=self.name, keys=self.keys, names=_names(self.view, names))


class Selection(Displayed, Definition):
    """Some features of a view, or all of them, under a prefix: the normal form of what a request lists."""

    view: FeatureView
    prefix: str
    keys: tuple[tuple[str, str], ...]
    names: tuple[str, ...]


def as_selection(item: FeatureView | BoundView | Selection) -> Selection:
    """Return a whole view, a bound view or a part of one in the one normal form."""
    if isinstance(item, Selection):
        return item
    if isinstance(item, BoundView):
        return Selection(view=item.view, prefix=item.name, keys=item.keys, names=item.view.names)
    if isinstance(item, FeatureView):
        return Selection(view=item, prefix=item.name, keys=(), names=item.names)
    raise DefinitionError(
        f"{called(item)} is not a view",
        hint="give a FeatureView, view['a', 'b'], view.bind(...) or a FeatureService",
    )


def check_keys(keys: Mapping[str, str] | None, entity: Entity) -> None:
    """Refuse a mapping that speaks of a key that the entity has not."""
    for key in keys or {}:
        if key not in entity.keys:
            raise DefinitionError(
                f"keys= maps {key!r}, which is no key of entity {entity.name!r}",
                hint=nearest(key, entity.keys),
            )


def _expand(item: Aggregation | Windowed | Derived) -> Sequence[Feature | Derived]:
    if isinstance(item, Derived):
        return [item]
    if isinstance(item, (Aggregation, Windowed)):
        return features_of(item)
    raise DefinitionError(
        f"{called(item)} is not a feature", hint="write zl.Count(), zl.Sum('x').over('7d') or zl.Derived(...)"
    )


def _check_features(features: tuple[Feature | Derived, ...]) -> None:
    if not features:
        raise DefinitionError("has no features", hint="list at least one, such as zl.Count()")
    seen: set[str] = set()
    for feature in features:
        if feature.name in seen:
            raise DefinitionError(
                f"two features are called {feature.name!r}",
                hint=f"rename one: .named({_other(feature.name, seen)!r})",
            )
        if isinstance(feature, Derived):
            for column in feature.columns:
                if column not in seen:
                    raise DefinitionError(
                        f"reads {column!r}, which no earlier feature of the view is called",
                        where=f"Derived({feature.name!r})", hint=nearest(column, seen),
                    )  # fmt: skip
        seen.add(feature.name)


def _other(name: str, taken: set[str]) -> str:
    stem = name.rpartition("_")[0] or name
    return next(other for n in range(2, len(taken) + 3) if (other := f"{stem}_{n}") not in taken)


def _names(view: FeatureView, names: str | tuple[str, ...]) -> tuple[str, ...]:
    chosen = (names,) if isinstance(names, str) else tuple(names)
    for name in chosen:
        view.feature(name)
    if len(set(chosen)) < len(chosen):
        raise DefinitionError(f"{list(chosen)!r} names a feature twice", where=f"view {view.name!r}")
    return chosen
