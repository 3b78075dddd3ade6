"""A time that is mostly null."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from zipline.lint.finding import Finding, percent
from zipline.lint.subject import Subject

MOSTLY: Final = 0.5


def null_time(subject: Subject) -> Iterator[Finding]:
    """An event time or knowledge time is null in half of the rows or more: they belong to nobody."""
    for source, facts in subject.read():
        times = [("event_time", source.event_time, facts.event)]
        if source.knowledge_time is not None and facts.known is not None:
            times.append(("knowledge_time", source.knowledge_time, facts.known))
        for role, time, seen in times:
            if seen.nulls < MOSTLY * facts.kept:
                continue
            yield Finding(
                "error" if seen.nulls == facts.kept else "warning",
                f"{role} {time.column!r} is null in {percent(seen.nulls, facts.kept)} of {facts.kept:,} rows, "
                "which are left out",
                "is it the right column?",
                source=source.name,
                figures={"column": time.column, "rows": facts.kept, "nulls": seen.nulls},
            )
