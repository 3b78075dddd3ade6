"""A key that no two events share."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from zipline.lint.finding import Finding
from zipline.lint.subject import Subject

ENOUGH: Final = 100
NEARLY: Final = 0.95  # distinct values are counted to within 2 or 3 in a hundred


def key_seen_once(subject: Subject) -> Iterator[Finding]:
    """Nearly every row has a key of its own: windows hold one event at most, as if an event's id were the entity."""
    for view in subject.views:
        for source, facts in subject.read_by(view):
            key = facts.keys[view.key_columns]
            rows = facts.kept - key.nulls
            if rows < ENOUGH or key.distinct < NEARLY * rows or set(view.key_columns) & set(source.id):
                continue
            distinct = min(key.distinct, rows)
            yield Finding(
                "warning",
                f"about {distinct:,} different keys in {rows:,} rows: hardly any entity has a second event",
                "is the key an event's id? Name what recurs, such as the customer",
                view=view.name, source=source.name,
                figures={"keys": list(view.key_columns), "rows": rows, "distinct": distinct},
            )  # fmt: skip
