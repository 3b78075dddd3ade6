"""FeatureService: what one model reads, from several views, with the names of the caller's columns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from zipline.display import Displayed
from zipline.dsl.definition import Definition, as_pairs, check_name
from zipline.dsl.derived import Derived
from zipline.dsl.feature_view import BoundView, FeatureView, Selection, as_selection
from zipline.dsl.timestamp import Timestamp, as_timestamp
from zipline.errors import DefinitionError, nearest
from zipline.types import parse_type


class FeatureService(Displayed, Definition):
    """The features of one model: views, parts of views, bound views, and derived columns over all of them.

    Args:
        name: how the service is called.
        features: in the order of the output's columns.
        request: field -> type of what the caller gives with each observation or online request.
        time: the observations' time column, unless a request names another.
        keys: entity key -> observation column, unless a request or a bound view says otherwise.
        deprecated: what to do instead, such as `"use delay_model_2"`; who uses the service is then warned.
    """

    name: str
    features: tuple[Selection | Derived, ...]
    request: tuple[tuple[str, str], ...] = ()
    time: Timestamp | None = None
    keys: tuple[tuple[str, str], ...] = ()
    description: str = ""
    owner: str = ""
    tags: tuple[tuple[str, str], ...] = ()
    deprecated: str = ""

    def __init__(
        self,
        name: str,
        features: Sequence[FeatureView | BoundView | Selection | Derived],
        *,
        request: Mapping[str, str] | None = None,
        time: str | Timestamp | None = None,
        keys: Mapping[str, str] | None = None,
        description: str = "",
        owner: str = "",
        tags: Mapping[str, str] | None = None,
        deprecated: str = "",
    ) -> None:
        place = f"service {check_name(name, 'a service')!r}"
        try:
            for kind in (request or {}).values():
                parse_type(kind)
            chosen = tuple(item if isinstance(item, Derived) else as_selection(item) for item in features)
            check_outputs(chosen, request)
            _check_service_keys(chosen, keys)
        except DefinitionError as error:
            raise error.at(place) from None
        super().__init__(
            name=name,
            features=chosen,
            request=as_pairs(request, "request"),
            time=as_timestamp(time) if time is not None else None,
            keys=as_pairs(keys, "keys"),
            description=description,
            owner=owner,
            tags=as_pairs(tags, "tags"),
            deprecated=deprecated,
        )


def check_outputs(features: Sequence[Selection | Derived], request: Mapping[str, str] | None) -> None:
    """Refuse equal output columns, and derived columns that read what is not there before them."""
    if not features:
        raise DefinitionError("has no features", hint="list at least one view")
    seen: set[str] = set()
    for item in features:
        added = (
            [item.name] if isinstance(item, Derived) else [f"{item.prefix}__{name}" for name in item.names]
        )
        for column in added:
            if column in seen:
                raise DefinitionError(
                    f"two outputs are called {column!r}",
                    hint="use view.bind('another_name', keys=...) for one of them",
                )
        if isinstance(item, Derived):
            known = seen | set(request or {})
            for column in item.columns:
                if column not in known:
                    raise DefinitionError(
                        f"reads {column!r}, which is neither an earlier output nor a request field",
                        where=f"Derived({item.name!r})", hint=nearest(column, known),
                    )  # fmt: skip
        seen.update(added)


def _check_service_keys(features: Sequence[Selection | Derived], keys: Mapping[str, str] | None) -> None:
    known = {key for item in features if isinstance(item, Selection) for key in item.view.entity.keys}
    for key in keys or {}:
        if key not in known:
            raise DefinitionError(
                f"keys= maps {key!r}, which is no key of its views", hint=nearest(key, known)
            )
