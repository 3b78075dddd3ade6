"""An id whose corrections have no bound."""

from __future__ import annotations

from collections.abc import Iterator

from zipline.dsl.snapshot import Snapshot
from zipline.lint.finding import Finding
from zipline.lint.subject import Subject


def id_without_corrections(subject: Subject) -> Iterator[Finding]:
    """A source with an id does not say how late a correction may come: reading it online means to keep all ids.

    The ids of a snapshot are those of its rows, whose next copy is no correction.
    """
    for source in subject.sources:
        if source.id and source.corrections_us is None and not isinstance(source.table, Snapshot):
            yield Finding(
                "warning" if source.stream else "note",
                f"has id={', '.join(source.id)!r} and no corrections=: an event may be corrected for ever",
                "say how long: corrections='30d' (must be said before it is read online)",
                source=source.name,
                figures={"id": list(source.id)},
            )
