"""A feature whose condition never holds."""

from __future__ import annotations

from collections.abc import Iterator

from zipline.lint.finding import Finding
from zipline.lint.subject import Subject, aggregated


def where_never_true(subject: Subject) -> Iterator[Finding]:
    """A feature's `where` is true for no row: a value misspelt, or of another case."""
    for view in subject.views:
        read = subject.read_by(view)
        named: dict[str, list[str]] = {}
        for feature in aggregated(view):
            if feature.aggregation.where is not None:
                named.setdefault(feature.aggregation.where, []).append(feature.name)
        rows = sum(facts.kept for _, facts in read)
        for text, names in named.items():
            if read and not any(facts.conditions[text] for _, facts in read):
                yield Finding(
                    "warning",
                    f"where={text!r} is true for none of {rows:,} rows: {', '.join(names)}",
                    "compare with values that occur",
                    view=view.name,
                    figures={"where": text, "rows": rows, "features": names},
                )
