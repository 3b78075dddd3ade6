"""Times as columns hold them, and the windows that lie before a time. Section 1 and section 4."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from zipline.dsl import Timestamp, Window
from zipline.errors import DefinitionError
from zipline.time import parse_time
from zipline.types import DataType

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_DAY: Final = 86_400_000_000
_PER_SECOND: Final = {"s": 1, "ms": 1_000, "us": 1_000_000, "ns": 1_000_000_000}


def read_time(value: Any, declared: Timestamp, kind: DataType) -> int | None:
    """Return a cell of a time column in microseconds; null stays null."""
    if value is None:
        return None
    if declared.unit is not None:
        return int(value) * 1_000_000 // _PER_SECOND[declared.unit]
    if kind.kind == "string":
        micros = parse_time(value)
    elif kind.kind == "date":
        micros = value * _DAY
    elif kind.kind == "timestamp":
        micros = value
    else:
        raise DefinitionError(f"column {declared.column!r} of type {kind} is not a time")
    return micros if declared.zone is None else _from_local(micros, ZoneInfo(declared.zone))


def _from_local(micros: int, zone: ZoneInfo) -> int:
    """Return UTC of a clock's reading: the earlier of two, and before a gap's change of offset."""
    reading = (_EPOCH + timedelta(microseconds=micros)).replace(tzinfo=zone, fold=0)
    return (reading.astimezone(UTC) - _EPOCH) // timedelta(microseconds=1)


def aligned(window: Window, t: int) -> int:
    """Return the time that stands for `t` in everything a feature over this window does."""
    return t - t % window.align_us if window.align_us else t


def contains(window: Window, t: int, event_time: int) -> bool:
    """Say whether the window at `t` (after `align`) covers an event."""
    end = t - window.offset_us
    if window.length_us is None:
        return event_time < end
    begin = end - window.length_us
    if window.hop_us:
        begin = begin // window.hop_us * window.hop_us
        if window.offset_us:
            end = end // window.hop_us * window.hop_us
    return begin <= event_time < end
