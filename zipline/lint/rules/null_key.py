"""A key that is mostly null."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from zipline.lint.finding import Finding, percent
from zipline.lint.subject import Subject

MOSTLY: Final = 0.5


def null_key(subject: Subject) -> Iterator[Finding]:
    """A key of a view's entity is null in half of its source's rows or more: they belong to nobody."""
    for view in subject.views:
        for source, facts in subject.read_by(view):
            nulls = facts.keys[view.key_columns].nulls
            if nulls < MOSTLY * facts.kept:
                continue
            named = " or ".join(repr(column) for column in view.key_columns)
            yield Finding(
                "error" if nulls == facts.kept else "warning",
                f"{named} is null in {percent(nulls, facts.kept)} of {facts.kept:,} rows, which are left out",
                "is it the right column? keys={'entity key': 'column'} names another",
                view=view.name, source=source.name,
                figures={"keys": list(view.key_columns), "rows": facts.kept, "nulls": nulls},
            )  # fmt: skip
