"""Timestamp: how a column that is no plain UTC timestamp is to be read as one."""

from __future__ import annotations

from typing import Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from zipline.dsl.definition import Definition
from zipline.errors import DefinitionError

Unit = Literal["s", "ms", "us", "ns"]


class Timestamp(Definition):
    """A time column that needs a word of explanation.

    Args:
        column: the column.
        unit: of an integer column: `s`, `ms`, `us` or `ns` since the Unix epoch (nanoseconds are floored).
        zone: of a column of local times: an IANA zone such as `America/New_York`. A time that the zone's clock
            shows twice is read as the earlier one; one that it skips is read with the offset before the gap.

    >>> Timestamp("ts", unit="ms").unit
    'ms'
    """

    column: str
    unit: Unit | None = None
    zone: str | None = None

    def __init__(self, column: str, *, unit: Unit | None = None, zone: str | None = None) -> None:
        where = f"Timestamp({column!r})"
        if unit is not None and unit not in ("s", "ms", "us", "ns"):
            raise DefinitionError(
                f"{unit!r} is not a unit", where=where, hint="allowed: 's', 'ms', 'us', 'ns'"
            )
        if unit is not None and zone is not None:
            raise DefinitionError(
                "has both a unit and a zone",
                where=where,
                hint="integers since the epoch have no zone: drop one",
            )
        if zone is not None:
            try:
                ZoneInfo(zone)
            except (ZoneInfoNotFoundError, ValueError):
                raise DefinitionError(
                    f"{zone!r} is not a time zone",
                    where=where,
                    hint="give an IANA name, such as 'America/New_York'",
                ) from None
        super().__init__(column=column, unit=unit, zone=zone)


def as_timestamp(value: str | Timestamp) -> Timestamp:
    """Return a time column as a `Timestamp`, a bare name being one that is already a time."""
    return value if isinstance(value, Timestamp) else Timestamp(value)
