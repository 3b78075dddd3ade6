"""Events in the epoch's first year."""

from __future__ import annotations

from collections.abc import Iterator

from zipline.lint.finding import Finding, percent
from zipline.lint.subject import Subject


def event_in_1970(subject: Subject) -> Iterator[Finding]:
    """Some event times lie in 1970: a 0 that stands for null, or seconds that are read as milliseconds."""
    for source, facts in subject.read():
        count = facts.nineteen_seventy
        if not count:
            continue
        mostly = 2 * count > facts.kept
        yield Finding(
            "error" if mostly else "warning",
            f"event_time {source.event_time.column!r} lies in 1970 in {percent(count, facts.kept)} of "
            f"{facts.kept:,} rows",
            f"is the unit right? zl.Timestamp({source.event_time.column!r}, unit='s')" if mostly
            else "does 0 stand for null? Leave such rows out: where='...'",
            source=source.name,
            figures={"rows": facts.kept, "in_1970": count},
        )  # fmt: skip
