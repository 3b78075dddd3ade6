"""What a request asks for, in its order, and where it says the observations' time and keys are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from zipline.dsl import BoundView, Derived, FeatureService, FeatureView, Selection, Timestamp
from zipline.errors import RequestError
from zipline.types import DataType, parse_type

Features = FeatureService | FeatureView | BoundView | Selection | Sequence[Any]


@dataclass(frozen=True)
class Request:
    """A request with everything in its normal form.

    Attributes:
        items: parts of views under their prefixes, and derived columns.
        time: the observations' time column.
        keys: entity key -> observation column, for all views that do not say otherwise.
        fields: what services declare that the caller gives.
    """

    items: tuple[Selection | Derived, ...]
    time: Timestamp
    keys: Mapping[str, str]
    fields: Mapping[str, DataType]


def read_request(features: Features, time: str | Timestamp | None, keys: Mapping[str, str] | None) -> Request:
    """Return a request from a service, a view, a part of one, or a list of them."""
    listed = list(features) if isinstance(features, (list, tuple)) else [features]
    services = [item for item in listed if isinstance(item, FeatureService)]
    times = [service.time for service in services if service.time is not None]
    named = time if time is not None else times[0] if times else None
    if named is None:
        raise RequestError("no time column is named")
    return Request(
        items=tuple(item for each in listed for item in _items(each)),
        time=Timestamp(named) if isinstance(named, str) else named,
        keys={key: column for service in services for key, column in service.keys} | dict(keys or {}),
        fields={name: parse_type(kind) for service in services for name, kind in service.request},
    )


def _items(item: Any) -> Sequence[Selection | Derived]:
    if isinstance(item, FeatureService):
        return item.features
    if isinstance(item, FeatureView):
        return [Selection(view=item, prefix=item.name, keys=(), names=item.names)]
    if isinstance(item, BoundView):
        return [Selection(view=item.view, prefix=item.name, keys=item.keys, names=item.view.names)]
    return [item]
