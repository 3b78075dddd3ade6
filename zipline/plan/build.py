"""From definitions to a plan: which view is swept with which keys, and what is derived from what."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TypeAlias

from zipline.dsl.derived import Derived
from zipline.dsl.feature_service import FeatureService, check_outputs
from zipline.dsl.feature_view import BoundView, FeatureView, Selection, as_selection
from zipline.dsl.timestamp import Timestamp, as_timestamp
from zipline.errors import RequestError, nearest
from zipline.expressions import parse
from zipline.plan.nodes import (
    Assemble,
    Column,
    Derive,
    DerivedColumn,
    Plan,
    Scan,
    Select,
    Sweep,
    Versions,
    Visibility,
)
from zipline.plan.passes import optimize
from zipline.plan.pinned import PinnedSelection

Requested: TypeAlias = FeatureService | FeatureView | BoundView | Selection | Derived


def build(
    features: Requested | Sequence[Requested],
    *,
    time: str | Timestamp | None,
    keys: Mapping[str, str] | None,
    visibility: Visibility,
) -> Plan:
    """Return the plan of a training set.

    Args:
        features: a service, a view, or a list of them.
        time: the observations' time column; a service's own unless given.
        keys: entity key -> observation column; added to a service's own.
        visibility: as_of and hindsight.

    Raises:
        RequestError: there is no time, or two services disagree.
        DefinitionError: two outputs have one name, or a derived column reads what is not there.
    """
    listed: list[Requested] = list(features) if isinstance(features, (list, tuple)) else [features]  # type: ignore[list-item]
    services = [item for item in listed if isinstance(item, FeatureService)]
    flat: list[Selection | Derived] = []
    for item in listed:
        if isinstance(item, FeatureService):
            flat += item.features
        else:
            flat.append(item if isinstance(item, Derived) else as_selection(item))
    request = dict(pair for service in services for pair in service.request)
    check_outputs(flat, request)
    mapping = dict(pair for service in services for pair in service.keys) | dict(keys or {})
    _check_mapping(mapping, flat)
    sweeps = [_sweep(item, mapping) for item in flat if isinstance(item, Selection)]
    derived = list(dict.fromkeys(each for item in flat for each in _derived(item)))
    _check_prefixes(flat)
    root = Derive(Assemble(tuple(sweeps)), tuple(derived), tuple(_outputs(flat)))
    pins = dict.fromkeys(pin for item in flat if isinstance(item, PinnedSelection) for pin in item.pins)
    return optimize(Plan(root, _time(time, services), visibility, tuple(request.items()), tuple(pins)))


def _time(time: str | Timestamp | None, services: Sequence[FeatureService]) -> Timestamp:
    if time is not None:
        return as_timestamp(time)
    times = {service.time for service in services if service.time is not None}
    if len(times) == 1:
        return times.pop()
    problem = "the services name different time columns" if times else "no time column is named"
    raise RequestError(problem, hint="say which column holds the observations' times: time='asked_at'")


def _check_mapping(mapping: Mapping[str, str], flat: Sequence[Selection | Derived]) -> None:
    known = {key for item in flat if isinstance(item, Selection) for key in item.view.entity.keys}
    for key in mapping:
        if key not in known:
            raise RequestError(
                f"keys= maps {key!r}, which is no key of the requested views", hint=nearest(key, known)
            )


def _check_prefixes(flat: Sequence[Selection | Derived]) -> None:
    views: dict[str, tuple[FeatureView, tuple[tuple[str, str], ...]]] = {}
    for item in flat:
        if isinstance(item, Selection) and views.setdefault(item.prefix, (item.view, item.keys)) != (
            item.view,
            item.keys,
        ):
            raise RequestError(
                f"two different views are called {item.prefix!r}",
                hint="use view.bind('another_name', keys=...) for one",
            )


def _sweep(item: Selection, mapping: Mapping[str, str]) -> Sweep:
    view = item.view
    columns = dict(mapping) | dict(item.keys)
    events = tuple(
        Select(Versions(Scan(source), view.key_columns), source.select, source.where)
        for source in view.source.members
    )
    keys = tuple(
        (column, columns.get(key, key))
        for key, column in zip(view.entity.keys, view.key_columns, strict=True)
    )
    wanted = _with_inputs(item)
    features = tuple(
        Column(f"{item.prefix}__{feature.name}", feature)
        for feature in view.features
        if feature.name in wanted and not isinstance(feature, Derived)
    )
    return Sweep(events, keys, features)


def _with_inputs(item: Selection) -> set[str]:
    """Return the selected names and all that their derived columns read."""
    wanted = set(item.names)
    for feature in reversed(item.view.features):
        if feature.name in wanted and isinstance(feature, Derived):
            wanted.update(feature.columns)
    return wanted


def _derived(item: Selection | Derived) -> list[DerivedColumn]:
    if isinstance(item, Derived):
        return [DerivedColumn(item.name, item.expression, tuple((each, each) for each in item.columns))]
    wanted = _with_inputs(item)
    return [
        DerivedColumn(
            f"{item.prefix}__{feature.name}",
            feature.expression,
            tuple(
                (each, f"{item.prefix}__{each}") for each in parse(feature.expression, derived=True).columns
            ),
        )
        for feature in item.view.features
        if feature.name in wanted and isinstance(feature, Derived)
    ]


def _outputs(flat: Sequence[Selection | Derived]) -> list[str]:
    return [
        column
        for item in flat
        for column in (
            [item.name] if isinstance(item, Derived) else [f"{item.prefix}__{name}" for name in item.names]
        )
    ]
