"""A source without events."""

from __future__ import annotations

from collections.abc import Iterator

from zipline.lint.finding import Finding
from zipline.lint.subject import Subject


def empty_source(subject: Subject) -> Iterator[Finding]:
    """A source has no rows, or its `where` is true for none of them: all its features are empty."""
    for source in subject.sources:
        facts = subject.facts.get(source)
        if facts is None or facts.kept:
            continue
        figures = {"rows": facts.rows, "kept": 0}
        if not facts.rows:
            yield Finding(
                "warning", "the table has no rows", "check its path", source=source.name, figures=figures
            )
            continue
        message = f"none of its {facts.rows:,} rows is left"
        if source.where is not None:
            message += f" by where={source.where!r}"
        yield Finding(
            "warning", message, "check the values that `where` and `deleted` compare with",
            source=source.name, figures=figures,
        )  # fmt: skip
