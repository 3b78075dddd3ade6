"""An event's id that is a float."""

from __future__ import annotations

from collections.abc import Iterator

from zipline.lint.finding import Finding
from zipline.lint.subject import Subject


def float_id(subject: Subject) -> Iterator[Finding]:
    """A column of the id is a float, which cannot tell large numbers apart: events take each other's place."""
    for source in subject.sources:
        facts = subject.facts.get(source)
        for column in source.id if facts is not None else ():
            kind = facts.types[column].kind if facts is not None else ""
            if kind in ("float64", "float32"):
                yield Finding(
                    "warning",
                    f"id column {column!r} is {kind}: above 2^53 different ids are equal",
                    "write integers or strings; a null among integers makes some tools write floats",
                    source=source.name,
                    figures={"column": column, "type": kind},
                )
