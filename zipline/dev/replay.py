"""Replay: the rows of tables, given to their sources when they became known, as if they came in now."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, TypeAlias

import numpy as np
import pyarrow as pa

from zipline.dsl.source import EventSource
from zipline.dsl.table import Table
from zipline.engines.duckdb.database import Database
from zipline.engines.duckdb.sql import quote
from zipline.engines.duckdb.tables import source_relation
from zipline.engines.duckdb.times import micros_sql
from zipline.engines.duckdb.unread import of_source
from zipline.errors import RequestError
from zipline.settings import Settings

_KNOWN: Final = "__zl_known"
_EVERY_SECONDS: Final = 0.05
Push: TypeAlias = Callable[[str, pa.Table], object]


@dataclass
class Replay:
    """Rows that are still to come, by source, in the order in which they became known.

    Attributes:
        rows: source -> rows, with the time at which each became known in a last column.
    """

    rows: Mapping[str, pa.Table]
    _given: dict[str, int] = field(default_factory=dict)

    def give(self, push: Push, until: int) -> int:
        """Push the rows that became known up to a time, microseconds, and were not given yet; return how many."""
        given = 0
        for source, rows in self.rows.items():
            start = self._given.get(source, 0)
            stop = _place(rows, until)
            if stop > start:
                push(source, rows.slice(start, stop - start).drop_columns(_KNOWN))
                self._given[source] = stop
                given += stop - start
        return given

    @property
    def is_over(self) -> bool:
        """Whether all rows were given."""
        return all(self._given.get(source, 0) == len(rows) for source, rows in self.rows.items())


@dataclass
class Feed:
    """Gives a replay's rows to their sources as a clock goes on.

    Attributes:
        replay: the rows.
        push: takes them.
        now: the clock, microseconds.
        say: is told when all is given.
        nap: waits some seconds; true ends it.
    """

    replay: Replay
    push: Push
    now: Callable[[], int]
    say: Callable[[str], None]
    nap: Callable[[float], bool | None] = time.sleep

    def run(self) -> None:
        """Give all rows; return when the last is given, or when it is told to end."""
        given = 0
        while not self.replay.is_over:
            given += self.replay.give(self.push, self.now())
            if self.nap(_EVERY_SECONDS):
                return
        self.say(f"Replayed all {given:,} rows.")


def replay(
    sources: Iterable[EventSource], settings: Settings, root: Path, first: int, last: int | None = None,
    files: Mapping[str, Table] | None = None,
) -> Replay:  # fmt: skip
    """Return the rows of sources that became known after a time, and up to another.

    Args:
        sources: those without a table, here or in `files`, have no rows.
        settings, root: of the repository.
        first, last: microseconds; to the tables' end unless `last` is given.
        files: source -> a table to take its rows from, in place of its own.

    Raises:
        RequestError: a file is given for a source that there is not.
    """
    named = {source.name: source for source in sources}
    for name in files or {}:
        if name not in named:
            raise RequestError(
                f"there is no source {name!r} that a view which is read online has",
                hint=f"one of {', '.join(map(repr, named)) or 'none'}",
            )
    found = {}
    with Database(settings.duckdb, root, settings.variables) as database:
        for name, source in named.items():
            table = (files or {}).get(name)
            read = source if table is None else source.model_copy(update={"table": table})
            if read.has_table:
                found[name] = _rows(database, read, first, last)
    return Replay(found)


def _rows(database: Database, source: EventSource, first: int, last: int | None) -> pa.Table:
    relation = source_relation(database, source)
    time = source.knowledge_time or source.event_time
    known = f"{micros_sql(time, relation.stored[time.column])} + {source.delay_us}"
    columns = ", ".join(quote(name) for name in relation.types())
    upto = "" if last is None else f" AND {_KNOWN} <= {last}"
    with of_source(database, source, relation):
        return database.table(
            f"SELECT * FROM (SELECT {columns}, {known} AS {_KNOWN} FROM {relation.sql}) "
            f"WHERE {_KNOWN} > {first}{upto} ORDER BY {_KNOWN}"
        )


def _place(rows: pa.Table, until: int) -> int:
    """Return how many rows became known up to a time."""
    return int(np.searchsorted(rows[_KNOWN].to_numpy(), until, side="right"))
