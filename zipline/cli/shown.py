"""What `zipline show` knows of a name: from the code, or from a registered version."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from zipline.cli.answer import one_line
from zipline.cli.described import Described, described_service, described_view
from zipline.cli.feature_types import pinned_types, types_now
from zipline.dsl.feature_service import FeatureService
from zipline.dsl.feature_view import FeatureView, as_selection

if TYPE_CHECKING:
    from zipline.registry import Applied, Facts, Record
    from zipline.store import FeatureStore


@dataclass(frozen=True)
class Shown:
    """A view or a service, with what the registry knows of it.

    Attributes:
        title: what it is.
        described: its parts in words.
        notes: what could not be found out.
    """

    title: str
    described: Described
    notes: Sequence[str]


def shown_of(store: FeatureStore, name: str) -> Shown:
    """Return what a name stands for: the code's definition, or with `@` the registry's.

    Raises:
        ConfigError: there is no such service, view, version or feature.
    """
    found = store.find(name)
    bare, _, asked = name.partition(":")[0].partition("@")
    records = registered(store, bare)
    record = next((each for each in records if str(each.version) == asked), None)
    notes: Sequence[str] = ()
    if record is not None:
        types = pinned_types(store, record)
    else:
        types, notes = types_now(store, found)
    if isinstance(found, FeatureService):
        described = described_service(found, types, record.views if record is not None else {})
        return _shown(store, "service", found, described, record, records, notes)
    chosen = as_selection(found)
    described = described_view(chosen, types, list(store.services.values()))
    return _shown(store, "view", chosen.view, described, record, records, notes)


def registered(store: FeatureStore, name: str) -> Sequence[Record]:
    """Return the registered versions of a name; none where nothing of that name is registered."""
    from zipline.errors import ConfigError

    if store.applied() is None:
        return ()
    try:
        return store.versions(name)
    except ConfigError:
        return ()


def _shown(
    store: FeatureStore,
    kind: str,
    definition: FeatureService | FeatureView,
    described: Described,
    record: Record | None,
    records: Sequence[Record],
    notes: Sequence[str],
) -> Shown:
    facts = _facts(store.applied(), kind, definition.name)
    current = facts.version if facts is not None else None
    known = facts if record is not None and facts is not None and record.version == current else None
    said = known or definition
    head = {
        "kind": kind,
        "name": definition.name,
        "version": record.version if record is not None else None,
        "versions": [each.version for each in records],
        "current": current,
        "registered_at": record.registered_at if record is not None else None,
        "description": said.description,
        "owner": said.owner,
        "tags": dict(said.tags),
        "deprecated": said.deprecated,
    }
    title = f"{kind} {record.title if record is not None else definition.name}"
    lines = [*_head_lines(head), *described.facts]
    document = {**head, **described.document, "notes": list(notes)}
    return Shown(
        title, replace(described, facts=[line for line in lines if line[1]], document=document), notes
    )


def _head_lines(head: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    yield "about", one_line(head["description"])
    yield "deprecated", one_line(head["deprecated"])
    yield "owner", head["owner"]
    yield "tags", ", ".join(f"{name}={value}" for name, value in head["tags"].items())
    yield "registered", head["registered_at"] or ""
    yield (
        "versions",
        ", ".join(
            f"{number} (current)" if number == head["current"] else str(number) for number in head["versions"]
        ),
    )


def _facts(applied: Applied | None, kind: str, name: str) -> Facts | None:
    """Return what was applied last of a name."""
    if applied is None:
        return None
    return (applied.views if kind == "view" else applied.services).get(name)
