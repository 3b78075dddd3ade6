"""An event's id that is mostly null."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from zipline.lint.finding import Finding, percent
from zipline.lint.subject import Subject

MOSTLY: Final = 0.5


def null_id(subject: Subject) -> Iterator[Finding]:
    """A part of the id is null in half of a source's rows or more: they belong to nobody."""
    for source, facts in subject.read():
        nulls = facts.keys[source.id].nulls if source.id else 0
        if not source.id or nulls < MOSTLY * facts.kept:
            continue
        named = " or ".join(repr(column) for column in source.id)
        yield Finding(
            "error" if nulls == facts.kept else "warning",
            f"id {named} is null in {percent(nulls, facts.kept)} of {facts.kept:,} rows, which are left out",
            "is it the right column? Without an id every row is an event",
            source=source.name,
            figures={"id": list(source.id), "rows": facts.kept, "nulls": nulls},
        )
