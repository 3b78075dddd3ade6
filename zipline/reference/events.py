"""Events: from a table's rows to what one observation can see. Sections 2 and 3.

Nothing here is clever: each observation looks at each event, and each event at all of its versions.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cache, partial
from typing import Any

from zipline.dsl import EventSource, Snapshot
from zipline.errors import DataError
from zipline.reference.copies import Row, Schema, changes, visible_schema
from zipline.reference.evaluate import evaluate
from zipline.reference.times import read_time
from zipline.reference.values import order


@dataclass(frozen=True)
class Version:
    """A row as one version of an event.

    `knowledge_time` is None where the source declares none; `columns` are those that aggregations see: the
    table's, replaced and extended by `select`; `row` is the row as it was given.
    """

    event_time: int | None
    knowledge_time: int | None
    deleted: bool
    wanted: bool
    keys: tuple[Any, ...]
    columns: Callable[[], Row]
    row: Row


@dataclass(frozen=True)
class History:
    """One event: its versions, the latest last."""

    versions: tuple[Version, ...]
    declared: bool

    def seen(self, t: int, as_of: int, hindsight: bool) -> Version | None:
        """Return the version that an observation at `t` sees, whatever the window; None if it sees none."""
        known = [version for version in self.versions if self._known(version, t, as_of, hindsight)]
        if not known:
            return None
        latest = known[-1]
        if latest.deleted or not latest.wanted or latest.event_time is None or None in latest.keys:
            return None
        return latest if latest.event_time < t else None

    def _known(self, version: Version, t: int, as_of: int, hindsight: bool) -> bool:
        if not self.declared:
            return version.event_time is not None and version.event_time <= as_of
        assert version.knowledge_time is not None
        return (hindsight or version.knowledge_time < t) and version.knowledge_time <= as_of


def histories(source: EventSource, keys: Sequence[str], rows: Sequence[Row], schema: Schema) -> list[History]:
    """Return every event of a source.

    Args:
        source: what its rows mean.
        keys: the columns that hold the entity's keys.
        rows, schema: of its table.
    """
    if isinstance(source.table, Snapshot):
        return _of_copies(source, source.table, keys, rows, schema)
    declared = source.knowledge_time is not None or source.delay_us > 0
    if not source.id:
        each = [(_version(source, keys, row, schema),) for row in rows]
        return [History(v, declared) for v in each if not declared or v[0].knowledge_time is not None]
    groups: dict[Any, list[Row]] = {}
    for row in rows:
        if all(row[column] is not None for column in source.id):
            groups.setdefault(tuple(order(row[column]) for column in source.id), []).append(row)
    return [
        History(versions, declared)
        for group in groups.values()
        for versions in (
            _by_correction(source, keys, group, schema) if declared else _repeats(source, keys, group, schema)
        )
    ]


def _of_copies(
    source: EventSource, snapshot: Snapshot, keys: Sequence[str], rows: Sequence[Row], schema: Schema
) -> list[History]:
    """Read copies as versions of each id's row, known a delay after their date; a copy without it withdraws it."""
    schema = visible_schema(source, schema)
    narrowed = [{name: row[name] for name in schema} for row in rows]
    found = []
    for history in changes(source, snapshot, narrowed, schema):
        versions = []
        for time, row in history:
            known = time + snapshot.delay_us
            if row is None:
                versions.append(Version(time, known, True, True, (), dict, {}))
            else:
                versions.append(replace(_version(source, keys, row, schema), knowledge_time=known))
        found.append(History(tuple(versions), declared=True))
    return found


def _repeats(
    source: EventSource, keys: Sequence[str], rows: Sequence[Row], schema: Schema
) -> list[tuple[Version, ...]]:
    """Without a knowledge time nothing says which of two different rows is the later one."""
    if any(order(dict(row)) != order(dict(rows[0])) for row in rows):
        name = {column: rows[0][column] for column in source.id}
        raise DataError(f"two different rows have the id {name}", where=f"source {source.name!r}")
    return [(_version(source, keys, rows[0], schema),)]


def _by_correction(
    source: EventSource, keys: Sequence[str], rows: Sequence[Row], schema: Schema
) -> list[tuple[Version, ...]]:
    """Order the versions of one id, and cut where a correction came too late to be one."""

    def rank(pair: tuple[Row, Version]) -> tuple[Any, ...]:
        row, version = pair
        named = {source.event_time.column, *keys}
        others = sorted(name for name in row if name not in named)
        return (
            version.knowledge_time,
            order(row[source.sequence]) if source.sequence else (),
            version.deleted,
            order(version.event_time),
            [order(part) for part in version.keys],
            [order(row[name]) for name in others],
        )

    pairs = [(row, _version(source, keys, row, schema)) for row in rows]
    pairs = sorted((pair for pair in pairs if pair[1].knowledge_time is not None), key=rank)
    events: list[list[Version]] = []
    last: int | None = None
    for _, version in pairs:
        assert version.knowledge_time is not None
        gap = version.knowledge_time - last if last is not None else 0
        if last is None or (source.corrections_us is not None and gap > source.corrections_us):
            events.append([])
        events[-1].append(version)
        last = version.knowledge_time
    return [tuple(event) for event in events]


def _version(source: EventSource, keys: Sequence[str], row: Row, schema: Schema) -> Version:
    event_time = read_time(row[source.event_time.column], source.event_time, schema[source.event_time.column])
    return Version(
        event_time=event_time,
        knowledge_time=_knowledge_time(source, row, schema, event_time),
        deleted=source.deleted is not None and row[source.deleted] is True,
        wanted=source.where is None or evaluate(source.where, row, schema) is True,
        keys=tuple(row[column] for column in keys),
        columns=cache(partial(_selected, source, row, schema)),
        row=row,
    )


def _knowledge_time(source: EventSource, row: Row, schema: Schema, event_time: int | None) -> int | None:
    if source.knowledge_time is not None:
        column = source.knowledge_time.column
        return read_time(row[column], source.knowledge_time, schema[column])
    if source.delay_us and event_time is not None:
        return event_time + source.delay_us
    return None


def _selected(source: EventSource, row: Row, schema: Schema) -> Row:
    return {**row, **{name: evaluate(text, row, schema) for name, text in source.select}}
