"""The changes between the code and what was applied last, on a terminal, in lines or as JSON."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, Final

import typer

from zipline.cli.answer import on_terminal, print_table
from zipline.cli.differences import difference, document, field_texts

if TYPE_CHECKING:
    from zipline.registry import Change, Changes

COLUMNS = ("mark", "kind", "name", "version", "previous", "path", "before", "after", "reaches", "owners")
COLOURS: Final = {"+": "green", "~": "yellow", "-": "red", "*": "cyan"}
WORDS: Final = {"+": "new", "~": "of a new version", "-": "removed", "*": "of the same version"}
NOTHING = "Nothing differs from what was applied last."
JSON_KEYS = """\b
--json is an object with a list, changes. Each has mark (+ new, ~ new version,
- removed, * the same version with another description, owner, tags, deprecation
or place), kind (view, service or source), name, version, previous, fields (path,
before, after), reaches (services) and owners.
"""


def print_changes(changes: Changes) -> None:
    """Print what differs: a paragraph each on a terminal, else a line with tabs for each field."""
    if changes.is_empty:
        typer.echo(NOTHING, err=not on_terminal())
        return
    if not on_terminal():
        print_table(COLUMNS, [line for change in changes.changes for line in _lines(change)])
        return
    width = max((len(title(change)) for change in changes.changes), default=0)
    for change in changes.changes:
        head = typer.style(title(change).ljust(width), fg=COLOURS[change.mark], bold=True)
        typer.echo(f"{head}  {_reach(change)}".rstrip())
        print_table(("", "", ""), [["  ", field_texts(each)[0], difference(each)] for each in change.fields])
    typer.echo(summary(changes))


def changes_document(changes: Changes) -> dict[str, Any]:
    """Return the changes as JSON."""
    return {"changes": [document(change) for change in changes.changes]}


def title(change: Change) -> str:
    """Return a change's mark, what changes, and its version.

    >>> from zipline.registry import Change
    >>> title(Change("view", "planes", "~", 3, 2)), title(Change("view", "planes", "~", 1, 2))
    ('~ view planes@3 (was @2)', '~ view planes@1 again (was @2)')
    """
    number = change.version if change.version is not None else change.previous
    named = f"{change.name}@{number}" if number is not None else change.name
    if change.mark == "~" and change.version is not None and change.previous is not None:
        again = " again" if change.version < change.previous else ""
        return f"~ {change.kind} {named}{again} (was @{change.previous})"
    return f"{change.mark} {change.kind} {named}"


def _reach(change: Change) -> str:
    """Return whom a change reaches, as the end of its line."""
    owned = f"owned by {', '.join(change.owners)}" if change.owners else ""
    reaches = f"reaches {', '.join(change.reaches)}" if change.reaches else ""
    return "; ".join(text for text in (reaches, owned) if text)


def summary(changes: Changes) -> str:
    """Return how many changes there are of each kind.

    >>> from zipline.registry import Change, Changes
    >>> summary(Changes((Change("view", "planes", "~", 3, 2), Change("view", "routes", "+", 1))))
    '1 new, 1 of a new version'
    """
    marks = [change.mark for change in changes.changes]
    counts = [f"{marks.count(mark)} {word}" for mark, word in WORDS.items() if mark in marks]
    return ", ".join(counts)


def _lines(change: Change) -> Iterator[Sequence[str]]:
    numbers = ["" if each is None else str(each) for each in (change.version, change.previous)]
    for field in change.fields or (None,):
        texts = field_texts(field) if field is not None else ("", "", "")
        reach = (", ".join(change.reaches), ", ".join(change.owners))
        yield [change.mark, change.kind, change.name, *numbers, *texts, *reach]
