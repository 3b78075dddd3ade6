"""A knowledge time that says nothing."""

from __future__ import annotations

from collections.abc import Iterator

from zipline.lint.finding import Finding
from zipline.lint.subject import Subject


def known_at_once(subject: Subject) -> Iterator[Finding]:
    """The knowledge time equals the event time in every row: no row is ever late, which data seldom are."""
    for source, facts in subject.read():
        if source.knowledge_time is None or facts.same < facts.kept:
            continue
        yield Finding(
            "warning",
            f"knowledge_time {source.knowledge_time.column!r} equals event_time {source.event_time.column!r} in all "
            f"{facts.kept:,} rows",
            "name the column of arrival or load, or say what is known of it: delay='6h'",
            source=source.name,
            figures={"rows": facts.kept, "same": facts.same},
        )
