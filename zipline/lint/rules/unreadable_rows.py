"""Rows that are skipped because they cannot be read."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from zipline.lint.finding import Finding, percent
from zipline.lint.subject import Subject

MANY: Final = 0.01


def unreadable_rows(subject: Subject) -> Iterator[Finding]:
    """A source with on_error="skip" leaves out rows that cannot be read: is it a few, or a column misread?"""
    for source in subject.sources:
        facts = subject.facts.get(source)
        if facts is None or not facts.unreadable:
            continue
        rows = facts.rows + facts.unreadable
        yield Finding(
            "warning" if facts.unreadable >= MANY * rows else "note",
            f"{percent(facts.unreadable, rows)} of {rows:,} rows cannot be read and are left out",
            "look at one: without on_error='skip' the error names it",
            source=source.name,
            figures={"rows": rows, "unreadable": facts.unreadable},
        )
