"""A column that is always null."""

from __future__ import annotations

from collections.abc import Iterator

from zipline.lint.finding import Finding
from zipline.lint.subject import Subject
from zipline.lint.uses import columns_of


def null_column(subject: Subject) -> Iterator[Finding]:
    """A column that features read is null in every row: they are always empty."""
    for view in subject.views:
        read = subject.read_by(view)
        for column, names in columns_of(view).items():
            if not read or any(facts.columns[column].nulls < facts.kept for _, facts in read):
                continue
            rows = sum(facts.kept for _, facts in read)
            yield Finding(
                "warning",
                f"{column!r} is null in all {rows:,} rows: {', '.join(names)}",
                "is it the right column?",
                view=view.name,
                figures={"column": column, "rows": rows, "features": names},
            )
