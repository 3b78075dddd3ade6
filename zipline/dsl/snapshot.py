"""Snapshot: full copies of a table at some dates, read as what changed between them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import timedelta
from typing import Any, Final

from zipline.dsl.definition import Definition, as_tuple
from zipline.dsl.table import Table
from zipline.dsl.timestamp import Timestamp, as_timestamp
from zipline.errors import DefinitionError
from zipline.time import parse_duration

_NO_DELAY: Final = re.compile(r"0(us|ms|s|m|h|d|w)")


class Snapshot(Table):
    """Full copies of a dimension, one a day or at whatever dates, read as versions of its rows.

    A row that is new, or differs from the same id's row in the copy before, is a version; one that stayed as it was
    is none. An id that a later copy lacks is withdrawn from that copy's date on, and may come back.

    Args:
        table: the copies, all in one table.
        date: the column that says which copy a row is of: a date, a timestamp, an ISO 8601 text or a `Timestamp`.
        id: the columns that identify a row within a copy.
        delay: a copy becomes known this long after its date. A copy dated by the day that it closes holds what was so
            at the end of that day: hence one day unless given. `"0s"` if a copy is dated by when it was taken.
        columns: those that are compared and can be read, beside the id and the date; all of the table unless given.

    >>> from zipline.dsl.table import Parquet
    >>> Snapshot(Parquet("users/"), date="ds", id="user_id").delay_us
    86400000000
    """

    table: Table
    date: Timestamp
    id: tuple[str, ...]
    delay_us: int
    columns: tuple[str, ...] | None = None

    def __init__(
        self,
        table: Table,
        *,
        date: str | Timestamp,
        id: str | Sequence[str] | None = None,
        delay: str | timedelta | int = "1d",
        columns: str | Sequence[str] | None = None,
    ) -> None:
        if not isinstance(table, Table) or isinstance(table, Snapshot):
            raise DefinitionError(
                f"{table!r} is not a table of copies", where="Snapshot",
                hint="write zl.Snapshot(zl.Parquet(...), date=..., id=...)",
            )  # fmt: skip
        if id is None:
            raise DefinitionError(
                "has no id", where="Snapshot", hint="name the columns that identify a row in a copy: id='...'"
            )
        ids, moment = as_tuple(id, "an id"), as_timestamp(date)
        wanted = None if columns is None else as_tuple(columns, "a list of columns to compare")
        for option, names in (("id", ids), ("columns", wanted or ())):
            if moment.column in names:
                raise DefinitionError(
                    f"{option} names {moment.column!r}, the date of the copies", where="Snapshot",
                    hint="the date is no part of what a copy says: leave it out",
                )  # fmt: skip
        Definition.__init__(
            self, table=table, date=moment, id=ids, delay_us=_delay(delay),
            columns=None if wanted is None else tuple(name for name in wanted if name not in ids),
        )  # fmt: skip

    def visible(self, columns: Sequence[str]) -> tuple[str, ...]:
        """Return those of the table's columns that can be read: the date, the id, and what is compared."""
        if self.columns is None:
            return tuple(columns)
        chosen = {self.date.column, *self.id, *self.columns}
        return tuple(name for name in columns if name in chosen)

    def compared(self, columns: Sequence[str]) -> tuple[str, ...]:
        """Return those of the table's columns in which two copies of a row may differ."""
        return tuple(name for name in self.visible(columns) if name not in (self.date.column, *self.id))

    def meaning(self) -> dict[str, Any]:
        """Return how the copies are told apart and compared, beside what the table of the copies says itself."""
        date = {"column": self.date.column, "unit": self.date.unit, "zone": self.date.zone}
        columns = {} if self.columns is None else {"columns": sorted(self.columns)}
        said = {
            "date": {name: value for name, value in date.items() if value is not None},
            "id": sorted(self.id),
            "delay_us": self.delay_us,
            **columns,
        }
        return {**self.table.meaning(), "snapshot": said}


def _delay(delay: object) -> int:
    """Return a delay in microseconds; here, unlike elsewhere, it may be zero."""
    if isinstance(delay, str):
        return 0 if _NO_DELAY.fullmatch(delay) else parse_duration(delay, what="delay")
    if isinstance(delay, timedelta):
        return parse_duration(delay, what="delay") if delay else 0
    if delay == 0 and not isinstance(delay, bool):
        return 0
    raise DefinitionError(
        f"delay {delay!r} is not a duration", where="Snapshot", hint="write a text such as '1d' or '6h', or 0"
    )
