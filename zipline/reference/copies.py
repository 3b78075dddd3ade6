"""A snapshot's copies: what each id's row was when it was new or changed, and when it was gone. Section 2."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from zipline.dsl import EventSource, Snapshot
from zipline.errors import DataError
from zipline.reference.times import read_time
from zipline.reference.values import order
from zipline.types import DataType

Row = Mapping[str, Any]
Schema = Mapping[str, DataType]


def visible_schema(source: EventSource, schema: Schema) -> Schema:
    """Return the types of those columns of a source's table that can be read."""
    if not isinstance(source.table, Snapshot):
        return schema
    return {name: schema[name] for name in source.table.visible(tuple(schema))}


def changes(
    source: EventSource, snapshot: Snapshot, rows: Sequence[Row], schema: Schema
) -> list[list[tuple[int, Row | None]]]:
    """Return for each id, copy by copy, when its row was new or changed, and what it was then: None when it is gone.

    Raises:
        DataError: two different rows of one copy have one id.
    """
    copies: dict[int, dict[Any, Row]] = {}
    dates: dict[int, Any] = {}
    for row in rows:
        date = row[snapshot.date.column]
        time = read_time(date, snapshot.date, schema[snapshot.date.column])
        if time is None:
            continue
        copy = copies.setdefault(time, {})
        dates[time] = min(dates.get(time, date), date, key=order)
        if any(row[column] is None for column in snapshot.id):
            continue
        identity = tuple(order(row[column]) for column in snapshot.id)
        if said(snapshot, copy.setdefault(identity, row)) != said(snapshot, row):
            name = {column: row[column] for column in snapshot.id}
            raise DataError(
                f"two different rows have the id {name} in the copy of {date}",
                where=f"source {source.name!r}",
            )
    identities = dict.fromkeys(identity for copy in copies.values() for identity in copy)
    histories = []
    for identity in identities:
        history: list[tuple[int, Row | None]] = []
        last: Row | None = None
        for time in sorted(copies):
            found = copies[time].get(identity)
            if found is None and last is not None:
                history.append((time, None))
            elif found is not None and (last is None or said(snapshot, found) != said(snapshot, last)):
                history.append((time, {**found, snapshot.date.column: dates[time]}))
            last = found
        histories.append(history)
    return histories


def said(snapshot: Snapshot, row: Row) -> list[Any]:
    """Return what a row says, in a form in which equal values are equal."""
    return [order(row[name]) for name in snapshot.compared(tuple(row))]
