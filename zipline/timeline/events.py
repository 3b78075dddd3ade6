"""The events of a stretch of time as a frame: what a timeline's picture has below."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import pyarrow as pa

from zipline.engines.base import Events
from zipline.engines.kernels.passages import FOREVER

MOST_EVENTS = 5_000
"""How many events are kept, the newest."""

_STAMP = pa.timestamp("us", tz="UTC")


def events_between(found: Iterable[Events], first: int, last: int) -> tuple[pa.Table, int]:
    """Return the events that happened in `[first, last]`, in order, and how many older ones there was no room for.

    Columns: `event_time`; `known_from` and `replaced_from`, where the source has them; then those that features read.
    A version of an event that a correction replaced at once is not among them.
    """
    kept: dict[object, pa.Table] = {}
    left_out = 0
    for events in found:
        table = _table(events, first, last)
        before = kept.get(events.sweep)
        every = table if before is None else pa.concat_tables([before, table])
        kept[events.sweep] = every.sort_by([(name, "descending") for name in _times(every)]).slice(
            0, MOST_EVENTS
        )
        left_out += every.num_rows - kept[events.sweep].num_rows
    if not kept:
        return pa.table({"event_time": pa.array([], _STAMP)}), 0
    whole = pa.concat_tables(kept.values(), promote_options="default")
    return whole.sort_by([(name, "ascending") for name in _times(whole)]), left_out


def _times(table: pa.Table) -> list[str]:
    return [name for name in ("event_time", "known_from") if name in table.column_names]


def _table(events: Events, first: int, last: int) -> pa.Table:
    inside = (events.times >= first) & (events.times <= last)
    columns = {"event_time": pa.array(events.times[inside], _STAMP)}
    if events.known is not None:
        columns["known_from"] = pa.array(events.known[inside], _STAMP)
    if events.until is not None:
        until = events.until[inside]
        # Nothing is ever replaced at the end of time, which would be no timestamp either.
        columns["replaced_from"] = pa.array(
            np.where(until == FOREVER, 0, until), _STAMP, mask=until == FOREVER
        )
    for name in events.columns.column_names:
        shown = name
        while shown in columns:
            shown += "_"
        columns[shown] = events.columns[name].filter(pa.array(inside))
    return pa.table(columns)
