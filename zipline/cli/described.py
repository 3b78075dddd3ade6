"""What a view or a service is, for people and programs: the parts of `zipline show`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from zipline.display.written import duration, places, time_column, what, window_of, written
from zipline.dsl.derived import Derived
from zipline.dsl.feature_service import FeatureService
from zipline.dsl.feature_view import FeatureView, Selection
from zipline.dsl.source import EventSource


class User(NamedTuple):
    """A service that reads a view; without a version it is the code's."""

    name: str
    version: int | None
    owner: str


@dataclass(frozen=True)
class Described:
    """A definition in words.

    Attributes:
        document: for JSON.
        facts: (name, text) for people; those without a text are left out.
        columns, rows: the features as a table.
    """

    document: Mapping[str, Any]
    facts: Sequence[tuple[str, str]]
    columns: Sequence[str]
    rows: Sequence[Sequence[str]] = field(default=())


def described_view(chosen: Selection, types: Mapping[str, str], users: Sequence[User]) -> Described:
    """Describe a view, or some of its features.

    Args:
        chosen: the view; its names are the features that are described.
        types: feature -> type; what is not there is unknown.
        users: the services that read it.
    """
    view = chosen.view
    features = [
        (each.name, types.get(each.name), window_of(each), what(each))
        for each in map(view.feature, chosen.names)
    ]
    document = {
        "entity": {"name": view.entity.name, "keys": list(view.entity.keys)},
        "keys": dict(zip(view.entity.keys, view.key_columns, strict=True)),
        "source": {
            "name": view.source.name,
            "members": [source_document(each) for each in view.source.members],
        },
        "features": [dict(zip(("name", "type", "window", "what"), each, strict=True)) for each in features],
        "used_by": [user._asdict() for user in users],
    }
    facts = [
        ("entity", _entity(view)),
        *_source_facts(view),
        ("used by", ", ".join(_owned(user) for user in users)),
    ]
    rows = [[name, kind or "?", window, text] for name, kind, window, text in features]
    return Described(document, facts, ("feature", "type", "window", "what"), rows)


def described_service(
    service: FeatureService, types: Mapping[str, str], versions: Mapping[str, int]
) -> Described:
    """Describe a service.

    Args:
        service: what is described.
        types: output column -> type; what is not there is unknown.
        versions: of its views, by name, where they are pinned.
    """
    selections = [item for item in service.features if isinstance(item, Selection)]
    features = [
        (name, types.get(name), view, text)
        for item in service.features
        for name, view, text in _outputs(item)
    ]
    owners = {item.view.name: item.view.owner for item in selections}
    keys = _columns_of_keys(service, selections)
    time = time_column(service.time) if service.time else None
    document = {
        "time": time,
        "keys": keys,
        "request": dict(service.request),
        "views": [
            {"name": name, "version": versions.get(name), "owner": owner} for name, owner in owners.items()
        ],
        "features": [dict(zip(("name", "type", "view", "what"), each, strict=True)) for each in features],
    }
    facts = [
        ("time", time or ""),
        ("keys", ", ".join(_mapped(*pair) for pair in keys.items())),
        ("request", ", ".join(f"{name} {kind}" for name, kind in service.request)),
        ("views", ", ".join(_pinned(name, versions.get(name)) for name in owners)),
    ]
    rows = [[name, kind or "?", text] for name, kind, _, text in features]
    return Described(document, facts, ("feature", "type", "what"), rows)


def reads(service: FeatureService, chosen: Selection) -> bool:
    """Return whether a service reads some of the features of a view."""
    return any(
        isinstance(item, Selection)
        and item.view.name == chosen.view.name
        and set(item.names) & set(chosen.names)
        for item in service.features
    )


def source_document(source: EventSource) -> dict[str, Any]:
    """Return what is declared of a source, as JSON."""
    return {
        "name": source.name,
        "table": written(source.table) if source.has_table else None,
        "stream": written(source.stream) if source.stream else None,
        "event_time": time_column(source.event_time),
        "knowledge_time": time_column(source.knowledge_time) if source.knowledge_time else None,
        "delay": duration(source.delay_us) if source.delay_us else None,
        "id": list(source.id),
        "deleted": source.deleted,
        "sequence": source.sequence,
        "corrections": duration(source.corrections_us) if source.corrections_us else None,
        "moves": source.moves,
        "select": dict(source.select),
        "where": source.where,
        "schema": dict(source.declared),
        "on_error": source.on_error,
        "description": source.description,
        "owner": source.owner,
    }


def _source_facts(view: FeatureView) -> Iterator[tuple[str, str]]:
    members = view.source.members
    if members != (view.source,):
        yield "union", f"{view.source.name} of {', '.join(member.name for member in members)}"
    for member in members:
        yield "source", f"{member.name}: {places(member)}"
        yield from _member_facts(member)


def _member_facts(source: EventSource) -> Iterator[tuple[str, str]]:
    known = (
        f", known at {time_column(source.knowledge_time)}" if source.knowledge_time
        else f", known {duration(source.delay_us)} later" if source.delay_us
        else ""
    )  # fmt: skip
    yield "  times", f"happened at {time_column(source.event_time)}{known}"
    marks = [f"{mark} {getattr(source, mark)!r}" for mark in ("deleted", "sequence") if getattr(source, mark)]
    marks += [f"corrections {duration(source.corrections_us)}"] if source.corrections_us else []
    marks += [] if source.moves else ["of one entity each"]
    yield "  id", ", ".join([*source.id, *marks])
    yield "  select", "; ".join(f"{name}: {text}" for name, text in source.select)
    yield "  where", source.where or ""
    yield "  schema", ", ".join(f"{name} {kind}" for name, kind in source.declared)
    yield "  on error", "skip" if source.on_error == "skip" else ""


def _entity(view: FeatureView) -> str:
    keys = [_mapped(*pair) for pair in zip(view.entity.keys, view.key_columns, strict=True)]
    return view.entity.name if keys == [view.entity.name] else f"{view.entity.name} ({', '.join(keys)})"


def _mapped(key: str, column: str) -> str:
    return key if key == column else f"{key}={column}"


def _owned(user: User) -> str:
    title = _pinned(user.name, user.version)
    return f"{title} ({user.owner})" if user.owner else title


def _pinned(name: str, version: int | None) -> str:
    return f"{name}@{version}" if version is not None else name


def _outputs(item: Selection | Derived) -> Iterator[tuple[str, str | None, str]]:
    """Give the name, the view and the meaning of each column that an entry of a service adds."""
    if isinstance(item, Derived):
        yield item.name, None, item.expression
        return
    for feature in map(item.view.feature, item.names):
        window = window_of(feature)
        yield f"{item.prefix}__{feature.name}", item.view.name, f"{what(feature)} {window}".rstrip()


def _columns_of_keys(service: FeatureService, selections: Sequence[Selection]) -> dict[str, str]:
    """Return entity key -> the observations' column; a bound view's with its name before it."""
    mapping: dict[str, str] = {}
    for item in selections:
        for key in item.view.entity.keys:
            bound = dict(item.keys)
            name = f"{item.prefix}.{key}" if key in bound else key
            mapping[name] = bound.get(key, dict(service.keys).get(key, key))
    return mapping
