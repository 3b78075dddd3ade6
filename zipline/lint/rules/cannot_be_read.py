"""A view that fails as soon as it is used."""

from __future__ import annotations

from collections.abc import Iterator

from zipline.lint.finding import Finding
from zipline.lint.subject import Subject


def cannot_be_read(subject: Subject) -> Iterator[Finding]:
    """A view's table is missing, torn or does not fit the definitions, or a value of it cannot be read."""
    for view, error in subject.unread.items():
        place = (error.where or "").removeprefix(f"view {view!r}").removeprefix(", ")
        message = f"{place}: {error.message}" if place else error.message
        yield Finding("error", message, error.hint or "every request of this view will fail alike", view=view)
