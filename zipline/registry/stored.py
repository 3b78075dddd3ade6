"""A record as its file holds it, and back: what does not have the identity that it claims is refused."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from zipline.dsl.definition import Definition
from zipline.dsl.feature_service import FeatureService
from zipline.dsl.feature_view import FeatureView
from zipline.registry.codec import decode, encode
from zipline.registry.json import digest
from zipline.registry.meaning import Meaning, service_meaning, view_meaning
from zipline.registry.reading import changed_by_hand, read_json, understood
from zipline.registry.reads import columns_read, output_types
from zipline.registry.records import FORMAT, Kind, Record, Schemas
from zipline.registry.values import decode_type, encode_type

ViewRecord = Callable[[str, int], Record]
"""Returns the record of a view's version."""


def record_json(record: Record) -> dict[str, Any]:
    """Return a record as its file holds it; a service's views stand in their own files and are named in its."""
    common = {
        "format": FORMAT,
        "kind": record.kind,
        "name": record.name,
        "version": record.version,
        "identity": record.identity,
        "meaning": record.meaning,
        "registered_at": record.registered_at,
    }
    if isinstance(record.definition, FeatureService):
        return common | {"definition": encode(record.definition, _view_name), "views": dict(record.views)}
    return common | {
        "definition": encode(record.definition),
        "schemas": _schemas_json(record.schemas),
        "ties": _schemas_json(record.ties),
    }


def _schemas_json(schemas: Schemas) -> dict[str, Any]:
    return {
        source: {column: encode_type(kind) for column, kind in columns.items()}
        for source, columns in schemas.items()
    }


def _read_schemas(data: Any) -> Schemas:
    return {
        source: {column: decode_type(kind) for column, kind in columns.items()}
        for source, columns in data.items()
    }


def read_record(
    content: bytes, place: str, *, kind: Kind, name: str, version: int, view: ViewRecord
) -> Record:
    """Return the record that a file holds.

    Args:
        content: the file's.
        place: how messages call it.
        kind, name, version: what the file's place says.
        view: gives the records of the views that a service pins.

    Raises:
        RegistryError: the file is torn, of an unknown format, or was changed since it was written.
    """
    data = read_json(content, place, FORMAT)
    with understood(place):
        claimed = (data["kind"], data["name"], data["version"])
        if claimed != (kind, name, version):
            raise changed_by_hand(
                place, f"it says that it is {claimed[0]} {claimed[1]}@{claimed[2]}, not {name}@{version}"
            )
        read = _view if kind == "view" else _service
        record, meaning = read(data, view)
        claims = digest(data["meaning"])
        if not claims == digest(meaning) == data["identity"]:
            raise changed_by_hand(
                place, f"its content has the identity {digest(meaning)[:12]}, not {data['identity']:.12}"
            )
        return record


def _view(data: Any, _: ViewRecord) -> tuple[Record, Meaning]:
    definition = decode(data["definition"])
    if not isinstance(definition, FeatureView):
        raise ValueError(f"{type(definition).__name__} is not a view")
    schemas = _read_schemas(data["schemas"])
    read = {source.name: columns_read(definition, source) for source in definition.source.members}
    if {source: frozenset(columns) for source, columns in schemas.items()} != read:
        raise ValueError("its schemas have other columns than its definition reads")
    meaning = view_meaning(definition, schemas, output_types(definition, schemas))
    return _record(data, definition, schemas=schemas, ties=_read_schemas(data.get("ties", {}))), meaning


def _service(data: Any, view: ViewRecord) -> tuple[Record, Meaning]:
    pinned = {name: view(name, version) for name, version in data["views"].items()}

    def resolve(part: Any) -> Any:
        return pinned[part["view"]].definition if isinstance(part, dict) and part.keys() == {"view"} else None

    definition = decode(data["definition"], resolve)
    if not isinstance(definition, FeatureService):
        raise ValueError(f"{type(definition).__name__} is not a service")
    identities = {name: record.identity for name, record in pinned.items()}
    return _record(data, definition, views=data["views"]), service_meaning(definition, identities)


def _record(data: Any, definition: FeatureView | FeatureService, **parts: Any) -> Record:
    if definition.name != data["name"]:
        raise ValueError(f"its definition is of {definition.name!r}")
    return Record(
        kind=data["kind"],
        name=data["name"],
        version=data["version"],
        identity=data["identity"],
        meaning=data["meaning"],
        definition=definition,
        registered_at=str(data["registered_at"]),
        **parts,
    )


def _view_name(definition: Definition) -> Any:
    return {"view": definition.name} if isinstance(definition, FeatureView) else None


def pinned_schemas(view: FeatureView, tables: Schemas) -> Schemas:
    """Return the types of exactly the columns that a view reads, of all that its tables have."""
    return {
        source.name: {column: tables[source.name][column] for column in sorted(columns_read(view, source))}
        for source in view.source.members
    }


def tied_schemas(view: FeatureView, tables: Schemas) -> Schemas:
    """Return the types of all other columns of the tables of sources with ids, see `Record.ties`."""
    pinned = pinned_schemas(view, tables)
    return {
        source.name: {
            column: tables[source.name][column]
            for column in sorted(tables[source.name].keys() - pinned[source.name].keys())
        }
        for source in view.source.members
        if source.id
    }
