"""What of a definition can change a value, as JSON, and the hash of it: the definition's identity.

Left out is what cannot: names of entities, sources and Python variables, descriptions, owners, tags, deprecation,
where rows lie and stream from, whether and how fresh a view is read online, the order of features, what becomes of
unreadable rows. What is empty is not written, so that a field
that definitions gain later changes no identity until it is used.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from zipline.dsl.aggregation import Aggregation, Feature
from zipline.dsl.default import check_default
from zipline.dsl.derived import Derived
from zipline.dsl.feature_service import FeatureService
from zipline.dsl.feature_view import FeatureView, Selection
from zipline.dsl.source import EventSource
from zipline.dsl.table import Table
from zipline.dsl.timestamp import Timestamp
from zipline.dsl.window import Window
from zipline.errors import DefinitionError
from zipline.expressions import parse
from zipline.plan.sources import Schema, need
from zipline.registry.codec import classes
from zipline.registry.json import canonical_json
from zipline.registry.reads import columns_read, selected
from zipline.registry.values import encode_type, encode_value
from zipline.types import DataType, parse_type

Meaning = dict[str, Any]

_NAMING: Final = ("stem", "half_life")
"""Fields of aggregations that are text only: the name, and the half-life as written beside its microseconds."""
_EXPLAINED: Final = ("where", "default")
"""Fields of aggregations that have a canonical form of their own."""


def view_meaning(view: FeatureView, tables: Mapping[str, Schema], outputs: Schema) -> Meaning:
    """Return what of a view can change a value.

    Args:
        view: the view.
        tables: source -> column -> type: of the columns that the view reads, at least.
        outputs: the types of its features, by name.

    Raises:
        DefinitionError: a source is in memory, or is of a class that is not zipline's.
    """
    members = [_source(view, member, tables[member.name]) for member in view.source.members]
    union = {"union": sorted(members, key=canonical_json)}
    keys = dict(zip(view.entity.keys, view.key_columns, strict=True))
    ordered = any(member.id and member.has_knowledge for member in view.source.members) and len(keys) > 1
    return _present(
        kind="view",
        keys=keys,
        # Versions that are equal in all but their keys are ordered by these, in the entity's order.
        ties=list(view.key_columns) if ordered else None,
        source=members[0] if len(members) == 1 else union,
        features={feature.name: _feature(feature, outputs) for feature in view.features},
    )


def service_meaning(service: FeatureService, identities: Mapping[str, str]) -> Meaning:
    """Return what of a service can change a value.

    Args:
        service: the service.
        identities: of its views, by name.

    Raises:
        DefinitionError: it uses two different views, or one with different keys, under one name.
    """
    views: dict[str, Meaning] = {}
    for item in service.features:
        if isinstance(item, Selection):
            taken = _present(
                view=identities[item.view.name], keys=dict(item.keys), features=sorted(item.names)
            )
            before = views.setdefault(item.prefix, taken | {"features": []})
            if (before["view"], before.get("keys")) != (taken["view"], taken.get("keys")):
                raise DefinitionError(
                    f"two different views are called {item.prefix!r}",
                    where=f"service {service.name!r}",
                    hint="use view.bind('another_name', keys=...) for one",
                )
            before["features"] = sorted({*before["features"], *item.names})
    derived = {item.name: _expression(item) for item in service.features if isinstance(item, Derived)}
    return _present(
        kind="service",
        views=views,
        derived=derived,
        request={name: str(parse_type(kind)) for name, kind in service.request},
        time=_timestamp(service.time) if service.time else None,
        keys=dict(service.keys),
    )


def _source(view: FeatureView, source: EventSource, table: Schema) -> Meaning:
    place = f"source {source.name!r}"
    read = columns_read(view, source)
    try:
        table_options = table_meaning(source.table)
    except DefinitionError as error:
        raise error.at(place) from None
    declared = {column: str(parse_type(kind)) for column, kind in source.declared if column in read}
    return _present(
        event_time=_timestamp(source.event_time),
        knowledge_time=_timestamp(source.knowledge_time) if source.knowledge_time else None,
        delay_us=source.delay_us,
        id=sorted(source.id),
        deleted=source.deleted,
        sequence=source.sequence,
        corrections_us=source.corrections_us,
        stays=source.stays,
        where=parse(source.where).canonical if source.where is not None else None,
        select={name: parse(text).canonical for name, text in selected(view, source)},
        schema=declared,
        table=table_options,
        columns={column: encode_type(need(column, table, place)) for column in sorted(read)},
    )


def table_meaning(table: Table) -> Meaning:
    """Return what of a table's reading can change a value; a table of tables has their meanings beside its own.

    Raises:
        DefinitionError: it is in memory, or of a class that is not zipline's.
    """
    if classes().get(type(table).__name__) is not type(table):
        raise DefinitionError(
            f"{type(table).__qualname__} is not one of zipline's own tables, which alone can be registered"
        )
    meaning: Meaning = _pruned(table.meaning())
    parts = {name: getattr(table, name) for name in type(table).model_fields}
    inner = {name: table_meaning(part) for name, part in parts.items() if isinstance(part, Table)}
    return meaning | {name: part for name, part in inner.items() if part}


def _feature(feature: Feature | Derived, outputs: Schema) -> Meaning:
    if isinstance(feature, Derived):
        return {"derived": _expression(feature)}
    return _aggregation(feature.aggregation, outputs[feature.name]) | _present(window=_window(feature.window))


def _aggregation(aggregation: Aggregation, output: DataType) -> Meaning:
    kind = type(aggregation)
    if classes().get(kind.__name__) is not kind:
        raise DefinitionError(
            f"{kind.__qualname__} is not one of zipline's own aggregations, which alone can be registered",
            where=aggregation.title(),
        )
    plain = {
        field: encode_value(getattr(aggregation, field))
        for field in kind.model_fields
        if field not in (*_NAMING, *_EXPLAINED)
    }
    return _present(
        aggregation=kind.__name__,
        **plain,
        where=parse(aggregation.where).canonical if aggregation.where is not None else None,
    ) | _default(aggregation, output)


def _default(aggregation: Aggregation, output: DataType) -> Meaning:
    if aggregation.default is None:
        return {}
    return {"default": encode_value(check_default(aggregation, output))}


def _window(window: Window) -> Meaning:
    return _present(
        length_us=window.length_us,
        offset_us=window.offset_us,
        hop_us=window.hop_us,
        align_us=window.align_us,
    )


def _timestamp(time: Timestamp) -> Meaning:
    return _present(column=time.column, unit=time.unit, zone=time.zone)


def _expression(derived: Derived) -> str:
    return parse(derived.expression, derived=True).canonical


def _present(**fields: Any) -> Meaning:
    """Return the fields that say something; the number 0 does, such as `q=0.0`, but no duration of 0."""
    return {name: value for name, value in fields.items() if value or _is_number(name, value)}


def _is_number(name: str, value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and not name.endswith("_us")


def _pruned(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {name: _pruned(each) for name, each in value.items() if each is not None}
    return value
