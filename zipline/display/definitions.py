"""Cards of definitions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from zipline.display.card import Card
from zipline.display.kinds import feature_types, service_types
from zipline.display.written import duration, online, places, time_column, what, window_of, written
from zipline.dsl.derived import Derived
from zipline.dsl.entity import Entity
from zipline.dsl.feature_service import FeatureService
from zipline.dsl.feature_view import BoundView, FeatureView, Selection, as_selection
from zipline.dsl.source import EventSource
from zipline.dsl.union import Union
from zipline.plan.nodes import Pin

Fact = tuple[str, str]


def entity_card(entity: Entity) -> Card:
    """Return the card of an entity."""
    keys = ", ".join(entity.keys)
    return Card("Entity", entity.name, entity.description, [("keys", keys), *_marks(entity)])


def source_card(source: EventSource | Union) -> Card:
    """Return the card of an event source, or of a union with its members."""
    if isinstance(source, EventSource):
        return Card("EventSource", source.name, source.description, [*_source_facts(source), *_marks(source)])
    rows = [[each.name, places(each), _times(each)] for each in source.members]
    return Card(
        "Union", source.name, source.description, _marks(source), ("source", "rows", "times"), rows, (), "sources"
    )  # fmt: skip


def view_card(item: FeatureView | BoundView | Selection) -> Card:
    """Return the card of a view, of a part of one, or of one under another name."""
    chosen = as_selection(item)
    view = chosen.view
    types = feature_types(view, _pins(chosen))
    rows = [_feature_row(view, name, types) for name in chosen.names]
    facts = [
        ("entity", _entity(view)), *_view_source(view), ("online", online(view)), *_marks(view),
        ("deprecated", view.deprecated),
    ]  # fmt: skip
    if chosen.keys:
        facts.insert(1, ("keys", ", ".join(_mapped(*pair) for pair in chosen.keys)))
    version = getattr(item, "version", None)
    name = f"{view.name}@{version}" if version is not None else view.name
    bound = chosen.prefix not in (view.name, f"{view.name}_v{version}")
    kind = "FeatureView" if version is not None else type(item).__name__
    title = f"{chosen.prefix} (of {name})" if bound else name
    columns = ("feature", "type", "window", "what")
    return Card(kind, title, view.description, facts, columns, rows, _unknown(rows))


def service_card(service: FeatureService) -> Card:
    """Return the card of a service: its output columns, with the view that each is of."""
    types = service_types(service, {item.prefix: _pins(item) for item in _selections(service)})
    rows = [row for item in service.features for row in _outputs(item, types)]
    version = getattr(service, "version", None)
    views = dict.fromkeys(_title(item) for item in _selections(service))
    facts = [
        ("time", time_column(service.time) if service.time else ""),
        ("keys", ", ".join(_mapped(*pair) for pair in service.keys)),
        ("request", ", ".join(f"{name} {kind}" for name, kind in service.request)),
        ("views", ", ".join(views)),
        *_marks(service),
        ("deprecated", service.deprecated),
    ]
    title = service.name if version is None else f"{service.name}@{version}"
    columns = ("column", "type", "window", "what")
    return Card("FeatureService", title, service.description, facts, columns, rows, _unknown(rows))


def _feature_row(view: FeatureView, name: str, types: Mapping[str, object]) -> Sequence[str]:
    feature = view.feature(name)
    return (name, str(types.get(name, "?")), window_of(feature), what(feature))


def _outputs(item: Selection | Derived, types: Mapping[str, object]) -> Iterator[Sequence[str]]:
    if isinstance(item, Derived):
        yield item.name, str(types.get(item.name, "?")), "", item.expression
        return
    for name in item.names:
        column = f"{item.prefix}__{name}"
        _, _, window, text = _feature_row(item.view, name, {})
        yield column, str(types.get(column, "?")), window, text


def _selections(service: FeatureService) -> Sequence[Selection]:
    return [item for item in service.features if isinstance(item, Selection)]


def _title(item: Selection) -> str:
    version = getattr(item, "version", None)
    return item.view.name if version is None else f"{item.view.name}@{version}"


def _pins(item: Selection) -> Sequence[Pin]:
    """Return the types of the sources' columns, where the selection is of a registered version."""
    return getattr(item, "pins", ())


def _unknown(rows: Sequence[Sequence[str]]) -> Sequence[str]:
    """Say what `?` means, where there is one."""
    if not any(row[1] == "?" for row in rows):
        return ()
    return ("?: a type that takes a look at the data; a training set's schema has it",)


def _view_source(view: FeatureView) -> Iterator[Fact]:
    if isinstance(view.source, Union):
        yield "union", f"{view.source.name} of {', '.join(each.name for each in view.source.members)}"
    for member in view.source.members:
        yield "source", f"{member.name}: {places(member)}, {_times(member)}"


def _source_facts(source: EventSource) -> Iterator[Fact]:
    yield "table", written(source.table) if source.has_table else ""
    yield "stream", written(source.stream) if source.stream else ""
    yield "times", _times(source)
    yield "id", ", ".join(source.id)
    marks = [f"{mark} {getattr(source, mark)}" for mark in ("deleted", "sequence") if getattr(source, mark)]
    marks += [f"corrections {duration(source.corrections_us)}"] if source.corrections_us else []
    marks += [] if source.moves else ["of one entity each"]
    yield "versions", ", ".join(marks)
    yield "select", "; ".join(f"{name}: {text}" for name, text in source.select)
    yield "where", source.where or ""
    yield "schema", ", ".join(f"{name} {kind}" for name, kind in source.declared)
    yield "on error", "skip" if source.on_error == "skip" else ""


def _times(source: EventSource) -> str:
    happened = f"event time {time_column(source.event_time)}"
    if source.knowledge_time is not None:
        return f"{happened}, known at {time_column(source.knowledge_time)}"
    return f"{happened}, known {duration(source.delay_us)} later" if source.delay_us else happened


def _entity(view: FeatureView) -> str:
    keys = [_mapped(*pair) for pair in zip(view.entity.keys, view.key_columns, strict=True)]
    return view.entity.name if keys == [view.entity.name] else f"{view.entity.name} ({', '.join(keys)})"


def _mapped(key: str, column: str) -> str:
    return key if key == column else f"{key}={column}"


def _marks(thing: Entity | EventSource | Union | FeatureView | FeatureService) -> list[Fact]:
    return [("owner", thing.owner), ("tags", ", ".join(f"{name}={value}" for name, value in thing.tags))]
