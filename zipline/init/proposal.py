"""Proposal: what a table's definitions could be, with what was seen for each choice."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from zipline.errors import ConfigError
from zipline.init import words
from zipline.init.columns import Column, look
from zipline.init.keys import chosen_entity, entity_candidates, event_id
from zipline.init.measures import Measure, measures, windows_for
from zipline.init.said import listed
from zipline.init.times import Time, candidates, chosen_time, knowledge_time
from zipline.time import UNITS

if TYPE_CHECKING:
    import pyarrow as pa


@dataclass(frozen=True)
class Proposal:
    """What could be said of a table.

    Attributes:
        source: the source's name.
        rows: how many were looked at.
        entity: the key columns.
        entity_name: how the entity is called.
        other_entities: columns that could be keys as well.
        event, other_times: the event time, and the times that were not taken.
        known: the knowledge time, if a column looks like one.
        id: the column that identifies an event, if one does.
        deleted: a flag that withdraws an event, where there are versions.
        windows: for all features.
        measures: the features beside the count.
        left: columns of which nothing was made.
    """

    source: str
    rows: int
    entity: tuple[Column, ...]
    entity_name: str
    other_entities: tuple[Column, ...]
    event: Time
    other_times: tuple[Time, ...]
    known: Time | None
    id: Column | None
    deleted: Column | None
    windows: tuple[str, ...]
    measures: tuple[Measure, ...]
    left: tuple[str, ...]

    @property
    def view(self) -> str:
        """The view's name."""
        return f"{self.entity_name}_{self.source}"

    @property
    def service(self) -> str:
        """The service's name."""
        return f"{self.source}_model"


def propose(
    table: pa.Table, source: str, *, title: str, noun: str = "", entity: str | None = None,
    event_time: str | None = None,
) -> Proposal:  # fmt: skip
    """Return the proposal for a table's first rows.

    Args:
        table: the rows.
        source: the source's name.
        title: how messages call the table.
        noun: how its files call the events, if not like the source.
        entity, event_time: what the user says of them.

    Raises:
        ConfigError: the table is empty, or nothing in it can be an event time or a key; the message lists the columns.
    """
    columns = look(table)
    if not table.num_rows:
        raise ConfigError("has no rows to look at", where=title, hint=listed(columns))
    integers = [
        table[column.name].to_pylist() if column.kind is not None and column.kind.kind == "int64" else None
        for column in columns
    ]
    times = candidates(columns, integers)
    if event_time is not None:
        event = chosen_time(event_time, columns, integers)
    elif times:
        event = times[0]
    else:
        raise ConfigError(
            "no column can be an event time: no timestamp, date, ISO 8601 text, or integers called like a time",
            where=title, hint=f"name one: --event-time COLUMN, or COLUMN:UNIT for integers. {listed(columns)}",
        )  # fmt: skip
    return _proposal(table, source, noun, title, columns, times, event, entity)


def _proposal(
    table: pa.Table, source: str, noun: str, title: str, columns: Sequence[Column], times: Sequence[Time], event: Time,
    entity: str | None,
) -> Proposal:  # fmt: skip
    timed = {time.column.name for time in times} | {event.column.name}
    untimed = [column for column in columns if column.name not in timed]
    likely = entity_candidates(untimed, (source, noun))
    if entity is None and not likely:
        raise ConfigError(
            "no column can be an entity's key: no text or integer that recurs or is called like one",
            where=title, hint=f"name one: --entity COLUMN, or COLUMN,COLUMN. {listed(columns)}",
        )  # fmt: skip
    keys = chosen_entity(entity, columns) if entity is not None else (likely[0],)
    known = knowledge_time(times, event)
    identity = event_id(untimed, (source, noun), keys)
    if identity is not None and not identity.is_unique and known is None:
        identity = None  # nothing says which of its rows came later
    flags = [c for c in untimed if words.words(c.name) & words.DELETED and c.type == "bool"]
    deleted = flags[0] if flags and identity is not None and known is not None else None
    spent = [*keys, *([identity] if identity else []), *([deleted] if deleted else [])]
    days_only = all(each is None or each % UNITS["d"] == 0 for each in event.micros)
    windows = windows_for(event.high - event.low, days_only=days_only)
    found, left = measures([column for column in untimed if column not in spent], windows)
    return Proposal(
        source=source,
        rows=table.num_rows,
        entity=keys,
        entity_name=words.entity_name(tuple(column.name for column in keys)),
        other_entities=tuple(column for column in likely if column not in keys),
        event=event,
        other_times=tuple(t for t in times if t.column.name not in (event.column.name, known and known.column.name)),
        known=known,
        id=identity,
        deleted=deleted,
        windows=windows,
        measures=tuple(found),
        left=tuple(left),
    )  # fmt: skip
