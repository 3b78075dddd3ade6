"""What a sweep wants of a table, in whichever SQL reads it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from zipline.dsl.source import EventSource
from zipline.dsl.timestamp import Timestamp
from zipline.engines.duckdb.versions import DELETED, KNOWN, TIME


@dataclass(frozen=True)
class Bound:
    """Between which times, in microseconds and both included, the rows lie that matter."""

    time: Timestamp
    first: int
    last: int


@dataclass(frozen=True)
class Wanted:
    """Columns of a table under the names that queries use.

    Attributes:
        columns: the table's own, under their names.
        keys: name -> the column that holds a part of the entity's key.
        times: name -> a time column, in microseconds.
        delay_us: added to TIME, gives KNOWN; 0 where there is none.
        deleted: the column that says whether a row withdraws its event, given as DELETED.
        bounds: rows beyond them may be left out.
    """

    columns: tuple[str, ...]
    keys: Mapping[str, str]
    times: Mapping[str, Timestamp]
    delay_us: int = 0
    deleted: str | None = None
    bounds: tuple[Bound, ...] = ()

    def parts(
        self,
        widened: Callable[[str], str],
        micros: Callable[[Timestamp], str],
        quote: Callable[[str], str],
    ) -> dict[str, str]:
        """Return name -> SQL.

        Args:
            widened: gives the SQL of a column in the form that expressions see.
            micros: gives the SQL of a time.
            quote: gives an identifier.
        """
        parts = {column: widened(column) for column in self.columns}
        parts |= {name: widened(column) for name, column in self.keys.items()}
        parts |= {name: micros(time) for name, time in self.times.items()}
        if self.delay_us:
            parts[KNOWN] = f"({parts[TIME]}) + {self.delay_us}"
        if self.deleted:
            parts[DELETED] = f"coalesce({quote(self.deleted)}, false)"
        return parts


def wanted_of(
    source: EventSource, columns: tuple[str, ...], keys: Mapping[str, str], bounds: tuple[Bound, ...] = ()
) -> Wanted:
    """Return what is wanted of a source's table: columns, keys and all that says when and whether a row counts."""
    times = {TIME: source.event_time}
    if source.knowledge_time is not None:
        times[KNOWN] = source.knowledge_time
    delay = source.delay_us if source.knowledge_time is None else 0
    return Wanted(columns, keys, times, delay, source.deleted, bounds)
