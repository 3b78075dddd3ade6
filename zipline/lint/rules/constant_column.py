"""A column with one value only."""

from __future__ import annotations

from collections.abc import Iterator

from zipline.lint.finding import Finding
from zipline.lint.subject import Subject
from zipline.lint.uses import columns_of


def constant_column(subject: Subject) -> Iterator[Finding]:
    """A column that features aggregate has the same value in every row: a sum of it counts, no more."""
    for view in subject.views:
        read = subject.read_by(view)
        if len(read) != 1:  # the constants of a union's members may differ
            continue
        ((_, facts),) = read
        for column, names in columns_of(view).items():
            seen = facts.columns[column]
            rows = facts.kept - seen.nulls
            if seen.constant and rows > 1:
                yield Finding(
                    "note",
                    f"{column!r} has the same value in all {rows:,} rows that have one: {', '.join(names)}",
                    "zl.Count() says as much",
                    view=view.name,
                    figures={"column": column, "rows": rows, "features": names},
                )
