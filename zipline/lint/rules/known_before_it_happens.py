"""Rows that are known before they happen."""

from __future__ import annotations

from collections.abc import Iterator

from zipline.lint.finding import Finding, percent
from zipline.lint.subject import Subject


def known_before_it_happens(subject: Subject) -> Iterator[Finding]:
    """Some rows have a knowledge time before their event time: right for plans and schedules, a fault elsewhere."""
    for source, facts in subject.read():
        if source.knowledge_time is None or not facts.early:
            continue
        known, event = source.knowledge_time.column, source.event_time.column
        yield Finding(
            "warning",
            f"knowledge_time {known!r} lies before event_time {event!r} in {percent(facts.early, facts.kept)} "
            f"of {facts.kept:,} rows",
            "are the two swapped, in different zones or units? If events are scheduled ahead, this is right",
            source=source.name,
            figures={"rows": facts.kept, "early": facts.early},
        )
