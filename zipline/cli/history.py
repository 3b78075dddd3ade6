"""`zipline history`: the versions of a view or a service."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Annotated, Any, TypeAlias

import typer

from zipline.cli.answer import moment, on_terminal, print_heading, print_json, print_table
from zipline.cli.completion import complete_name
from zipline.cli.differences import difference, field_document, field_texts
from zipline.cli.options import AsJson, Profile, Repo
from zipline.cli.repository import open_store

if TYPE_CHECKING:
    from zipline.registry import Applied, FieldChange, Record
    from zipline.store import FeatureStore

EXAMPLES = """\b
Examples:
  zipline history carrier_delays
  zipline history delay_model --json

\b
--json is an object: kind, name, current (the version that was applied last, null
once it is removed) and versions, oldest first. Each has version, registered_at,
identity, current and fields (path, before, after): what changed from the one
before.
"""
Steps: TypeAlias = "Sequence[tuple[Record, Sequence[FieldChange]]]"
COLUMNS = ("version", "registered", "current", "path", "before", "after")


def history(
    name: Annotated[
        str,
        typer.Argument(
            metavar="NAME",
            help="A view or a service, also a removed one.",
            show_default=False,
            autocompletion=complete_name,
        ),
    ],
    as_json: AsJson = False,
    repo: Repo = None,
    profile: Profile = None,
) -> None:
    """Show the registered versions of a view or a service.

    When each was registered, what changed from the one before, and which is current.
    """
    from zipline.registry.references import parse_reference

    store = open_store(repo, profile)
    records = store.versions(parse_reference(name).name)
    current = _current(store.applied(), records[-1])
    steps = list(_steps(store, records))
    if as_json:
        print_json(_document(steps, current))
    elif on_terminal():
        _print(steps, current)
    else:
        print_table(COLUMNS, _lines(steps, current))


def _current(applied: Applied | None, record: Record) -> int | None:
    """Return the version that was applied last; None where it is removed."""
    if applied is None:
        return None
    facts = (applied.views if record.kind == "view" else applied.services).get(record.name)
    return facts.version if facts is not None else None


def _steps(store: FeatureStore, records: Sequence[Record]) -> Iterator[tuple[Record, Sequence[FieldChange]]]:
    """Give each version and what changed from the one before; nothing for the first."""
    from zipline.registry.differences import differences

    before: Mapping[str, Any] | None = None
    for record in records:
        meaning = _meaning(store, record)
        yield record, list(differences(before, meaning)) if before is not None else []
        before = meaning


def _meaning(store: FeatureStore, record: Record) -> Mapping[str, Any]:
    """Return what affects a version's values, a service's views by their names in place of their identities."""
    from zipline.cli.looking import registry_of
    from zipline.registry.comparing import titled

    views = [registry_of(store).record("view", name, version) for name, version in record.views.items()]
    return titled(record.meaning, {view.identity: view.title for view in views})


def _print(steps: Steps, current: int | None) -> None:
    for record, fields in reversed(steps):
        mark = "  current" if record.version == current else ""
        print_heading(f"{record.title}  {moment(record.registered_at)}{mark}")
        if fields:
            print_table(("", "", ""), [["  ", field_texts(each)[0], difference(each)] for each in fields])
    if current is None:
        typer.echo("Removed: it is in the registry, but not in what was applied last.")


def _lines(steps: Steps, current: int | None) -> Iterator[Sequence[str]]:
    for record, fields in steps:
        head = [str(record.version), record.registered_at, "yes" if record.version == current else ""]
        for each in fields or (None,):
            yield [*head, *(field_texts(each) if each is not None else ("", "", ""))]


def _document(steps: Steps, current: int | None) -> dict[str, Any]:
    versions = [
        {
            "version": record.version,
            "registered_at": record.registered_at,
            "identity": record.identity,
            "current": record.version == current,
            "fields": [field_document(each) for each in fields],
        }
        for record, fields in steps
    ]
    record = steps[0][0]
    return {"kind": record.kind, "name": record.name, "current": current, "versions": versions}
