"""Time inside zipline: signed 64-bit microseconds since the Unix epoch, UTC, years 1 to 9999."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from typing import Final

from zipline.errors import DefinitionError, RequestError

EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
MIN_TIME: Final = -62_135_596_800_000_000
MAX_TIME: Final = 253_402_300_799_999_999
MICROSECOND: Final = timedelta(microseconds=1)

UNITS: Final = {
    "us": 1,
    "ms": 1_000,
    "s": 1_000_000,
    "m": 60_000_000,
    "h": 3_600_000_000,
    "d": 86_400_000_000,
    "w": 604_800_000_000,
}

_DURATION = re.compile(r"([1-9][0-9]*)(us|ms|s|m|h|d|w)")
_CIVIL = re.compile(r"[0-9]*\s*(M|mo|mon|months?|y|Y|years?)")
TIME_PATTERN: Final = (
    r"(\d{4})-(\d{2})-(\d{2})(?:[T ](\d{2}):(\d{2})(?::(\d{2})(?:\.(\d+))?)?)?(Z|[+-]\d{2}(?::?\d{2})?)?"
)
_TIME = re.compile(TIME_PATTERN, re.ASCII)

TimeLike = str | date | datetime
DurationLike = str | timedelta


def parse_duration(text: DurationLike, *, what: str = "duration") -> int:
    """Return a duration in microseconds, always positive.

    >>> parse_duration("90m"), parse_duration(timedelta(days=1))
    (5400000000, 86400000000)
    """
    if isinstance(text, timedelta):
        micros = text // MICROSECOND
    else:
        if not isinstance(text, str):
            raise DefinitionError(
                f"{what} {text!r} is not a duration", hint="write a text such as '30d', or a timedelta"
            )
        match = _DURATION.fullmatch(text)
        if match is None:
            raise _bad_duration(text, what)
        micros = int(match[1]) * UNITS[match[2]]
    if micros <= 0:
        raise DefinitionError(f"{what} {text!r} is not positive", hint="a duration is longer than zero")
    if micros > MAX_TIME:
        raise DefinitionError(
            f"{what} {text!r} is longer than zipline's time axis", hint="use a lifetime window"
        )
    return micros


def _bad_duration(text: str, what: str) -> DefinitionError:
    if _CIVIL.fullmatch(text):
        hint = "months and years have no fixed length: write days, such as '30d' or '365d'"
    elif re.fullmatch(r"[-+]?0*[0-9.]*(us|ms|s|m|h|d|w)", text):
        hint = "a duration is a positive whole number and a unit, longer than zero"
    else:
        hint = "write a positive whole number and one of us ms s m h d w (case matters), or give a timedelta"
    return DefinitionError(f"{what} {text!r} is not a duration such as '30d', '6h' or '90s'", hint=hint)


def duration_text(value: DurationLike) -> str:
    """Return a duration as written; a timedelta in its largest whole unit.

    >>> duration_text("24h"), duration_text(timedelta(days=14))
    ('24h', '2w')
    """
    if isinstance(value, str):
        return value
    micros = value // MICROSECOND
    unit = max((unit for unit in UNITS if micros % UNITS[unit] == 0), key=UNITS.__getitem__)
    return f"{micros // UNITS[unit]}{unit}"


def micros_text(micros: int) -> str:
    """Return a positive duration of microseconds in its largest whole unit up to a day, as people write most of them.

    >>> micros_text(14 * 86_400_000_000), micros_text(5_400_000_000)
    ('14d', '90m')
    """
    unit = max((unit for unit in UNITS if unit != "w" and micros % UNITS[unit] == 0), key=UNITS.__getitem__)
    return f"{micros // UNITS[unit]}{unit}"


def to_micros(value: TimeLike) -> int:
    """Return a point in time in microseconds since the epoch; a naive time is UTC, a date is its midnight.

    >>> to_micros("1970-01-02"), to_micros("1970-01-01T01:00+01:00")
    (86400000000, 0)
    """
    if isinstance(value, datetime):
        aware = value if value.tzinfo else value.replace(tzinfo=UTC)
        return (aware - EPOCH) // MICROSECOND
    if isinstance(value, date):
        return (datetime(value.year, value.month, value.day, tzinfo=UTC) - EPOCH) // MICROSECOND
    if isinstance(value, str):
        return parse_time(value)
    raise RequestError(
        f"{value!r} is not a time", hint="give a datetime, a date, or a string such as '2024-06-01T12:00:00Z'"
    )


def parse_time(text: str) -> int:
    """Return the microseconds of `YYYY-MM-DD[(T| )HH:MM[:SS[.digits]]][Z|+HH[[:]MM]|-HH[[:]MM]]`.

    Digits past six are cut.
    """
    match = _TIME.fullmatch(text)
    if match is None:
        raise RequestError(
            f"{text!r} is not a time",
            hint="write YYYY-MM-DD[THH:MM[:SS[.digits]]][Z|+HH:MM], such as '2024-06-01T12:00Z'",
        )
    year, month, day, hour, minute, second = (int(part or 0) for part in match.groups()[:6])
    micros = int((match[7] or "")[:6].ljust(6, "0"))
    try:
        moment = datetime(year, month, day, hour, minute, second, micros, tzinfo=UTC)
    except ValueError as error:
        raise RequestError(f"{text!r} is not a time: {error}") from None
    result = (moment - EPOCH) // MICROSECOND - _zone_micros(match[8])
    if not MIN_TIME <= result <= MAX_TIME:
        raise RequestError(f"{text!r} is outside the years 1 to 9999")
    return result


def _zone_micros(zone: str | None) -> int:
    if zone is None or zone == "Z":
        return 0
    digits = zone[1:].replace(":", "").ljust(4, "0")
    hours, minutes = int(digits[:2]), int(digits[2:])
    if hours > 23 or minutes > 59:
        raise RequestError(f"the zone {zone!r} is not an offset from UTC", hint="write Z, +HH or +HH:MM")
    return (1 if zone[0] == "+" else -1) * (hours * UNITS["h"] + minutes * UNITS["m"])


def from_micros(micros: int) -> datetime:
    """Return the aware UTC datetime of microseconds since the epoch."""
    return EPOCH + timedelta(microseconds=micros)
