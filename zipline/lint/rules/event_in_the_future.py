"""Events that have not happened yet."""

from __future__ import annotations

from collections.abc import Iterator

from zipline.lint.finding import Finding, moment, percent
from zipline.lint.subject import Subject


def event_in_the_future(subject: Subject) -> Iterator[Finding]:
    """Some event times lie after the clock's: a wrong unit or zone, or a placeholder such as the year 9999."""
    for source, facts in subject.read():
        if not facts.future or facts.event.last is None:
            continue
        yield Finding(
            "warning",
            f"event_time {source.event_time.column!r} lies in the future in {percent(facts.future, facts.kept)} of "
            f"{facts.kept:,} rows, up to {moment(facts.event.last)}",
            "check unit and zone; leave placeholders out: where='...'",
            source=source.name,
            figures={"rows": facts.kept, "future": facts.future, "last_event": moment(facts.event.last)},
        )
