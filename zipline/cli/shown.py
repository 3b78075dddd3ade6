"""What `zipline show` knows of a name: from the code, or from a registered version."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from zipline.cli.answer import moment, one_line
from zipline.cli.described import Described, User, described_service, described_view, reads
from zipline.cli.looking import pinned_types, records_of, registry_of, types_now
from zipline.display.written import duration
from zipline.dsl.feature_service import FeatureService
from zipline.dsl.feature_view import FeatureView, Selection, as_selection
from zipline.registry.current import current_version
from zipline.registry.references import parse_reference

if TYPE_CHECKING:
    from zipline.registry import Applied, Facts, Record
    from zipline.registry.records import Kind
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
    found, version = store.find(name), parse_reference(name).version
    kind: Kind = "service" if isinstance(found, FeatureService) else "view"
    definition = found if isinstance(found, FeatureService) else as_selection(found).view
    records = list(records_of(store, kind, definition.name))
    record = next((each for each in records if each.version == version), None)
    notes: Sequence[str] = ()
    if record is not None:
        types = pinned_types(store, record)
    else:
        types, notes = types_now(store, found)
    if isinstance(found, FeatureService):
        described = described_service(found, types, record.views if record is not None else {})
    else:
        described = described_view(
            as_selection(found), types, list(_users(store, as_selection(found), record))
        )
    head = _head(store, kind, definition, record, records)
    facts = [line for line in (*_head_lines(head), *described.facts) if line[1]]
    document = {**head, **described.document, "notes": list(notes)}
    title = f"{kind} {record.title if record is not None else definition.name}"
    return Shown(title, replace(described, facts=facts, document=document), notes)


def _users(store: FeatureStore, chosen: Selection, record: Record | None) -> Iterator[User]:
    """Give the services that read a view: of the code, or, of a version, the registered ones that pin it."""
    if record is None:
        for service in store.services.values():
            if reads(service, chosen):
                yield User(service.name, None, service.owner)
        return
    for name in registry_of(store).names("service"):
        for each in records_of(store, "service", name):
            definition = each.definition
            pins = each.views.get(record.name) == record.version
            if pins and isinstance(definition, FeatureService) and reads(definition, chosen):
                yield User(each.name, each.version, definition.owner)


def _head(
    store: FeatureStore,
    kind: Kind,
    definition: FeatureService | FeatureView,
    record: Record | None,
    records: Sequence[Record],
) -> dict[str, Any]:
    """Return what is said of a definition, as JSON; of the applied version, what was said of it last."""
    facts = _facts(store.applied(), kind, definition.name)
    current = facts.version if facts is not None else None
    now = record is not None and facts is not None and record.version == current
    said = facts if now and facts is not None else definition
    deprecated = (
        definition.deprecated
        if record is None
        else registry_of(store).deprecated(kind, record.name, record.version)
    )
    return {
        "kind": kind,
        "name": definition.name,
        "version": record.version if record is not None else current_version(registry_of(store), definition),
        "versions": [each.version for each in records],
        "current": current,
        "registered_at": record.registered_at if record is not None else None,
        "description": said.description,
        "owner": said.owner,
        "tags": dict(said.tags),
        "deprecated": deprecated,
        **(_read_online(said) if not isinstance(said, FeatureService) and kind == "view" else {}),
        "usage": _usage(store, definition.name, record),
    }


def _read_online(said: FeatureView | Facts) -> dict[str, Any]:
    return {
        "online": said.online,
        "freshness": duration(said.freshness_us) if said.freshness_us is not None else None,
    }


def _usage(store: FeatureStore, name: str, record: Record | None) -> list[dict[str, Any]]:
    """Return who has used a name, how often and when last, where that is written down."""
    uses = [use for use in store.usage(name) if record is None or use.version == record.version]
    groups = dict.fromkeys((use.version, use.by) for use in uses)
    times = {group: [use.at for use in uses if (use.version, use.by) == group] for group in groups}
    return [
        {"version": version, "by": by, "times": len(at), "last": max(at)}
        for (version, by), at in times.items()
    ]


def _head_lines(head: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    yield "about", one_line(head["description"])
    yield "deprecated", one_line(head["deprecated"])
    late = f", stale after {head['freshness']}" if head.get("freshness") else ""
    yield "online", f"yes{late}" if head.get("online") else ""
    yield "owner", head["owner"]
    yield "tags", ", ".join(f"{name}={value}" for name, value in head["tags"].items())
    yield "registered", moment(head["registered_at"]) if head["registered_at"] else ""
    yield (
        "versions",
        ", ".join(
            f"{number} (current)" if number == head["current"] else str(number) for number in head["versions"]
        ),
    )
    if head["version"] is None:
        yield (
            "code",
            "differs from the current version: see zipline plan" if head["current"] else "not applied yet",
        )
    for use in head["usage"]:
        version = f"@{use['version']} " if use["version"] is not None else ""
        yield "used", f"{version}by {use['by']}, {use['times']} times, last {moment(use['last'])}"


def _facts(applied: Applied | None, kind: str, name: str) -> Facts | None:
    """Return what was applied last of a name."""
    if applied is None:
        return None
    return (applied.views if kind == "view" else applied.services).get(name)
