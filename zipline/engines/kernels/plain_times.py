"""Read times that are written the usual way: `2013-01-05T12:00:00.5Z`, as bytes."""

from __future__ import annotations

from typing import Final

from zipline.engines.kernels.arrays import Values
from zipline.engines.kernels.jit import kernel

NO_TIME: Final = -(2**63)


@kernel
def plain_time(data: Values, at: int, end: int) -> int:
    """Return microseconds since the epoch, `NO_TIME` where another way must be tried.

    A date from the year 1000 on; then, perhaps, `T` or a space and a time of day, up to six digits of a second, and
    nothing, `Z` or an offset of nothing: UTC.
    """
    if end - at != 10 and end - at < 19:
        return NO_TIME
    year, month, day = _digits(data, at, 4), _digits(data, at + 5, 2), _digits(data, at + 8, 2)
    if data[at + 4] != 45 or data[at + 7] != 45 or year < 1000 or not 1 <= month <= 12:
        return NO_TIME
    if not 1 <= day <= _days(year, month):
        return NO_TIME
    midnight = _day_number(year, month, day) * 86_400_000_000
    return midnight if end - at == 10 else _with_clock(data, at + 10, end, midnight)


@kernel
def _with_clock(data: Values, at: int, end: int, midnight: int) -> int:
    """Return a time of day as text, nine bytes at least, added to a date."""
    hour, minute, second = _digits(data, at + 1, 2), _digits(data, at + 4, 2), _digits(data, at + 7, 2)
    if (data[at] != 84 and data[at] != 32) or data[at + 3] != 58 or data[at + 6] != 58:
        return NO_TIME
    if not (0 <= hour < 24 and 0 <= minute < 60 and 0 <= second < 60):
        return NO_TIME
    at += 9
    micros = 0
    if at < end and data[at] == 46:
        at += 1
        first = at
        while at < end and 48 <= data[at] <= 57 and at - first < 7:
            micros = 10 * micros + (int(data[at]) - 48)
            at += 1
        if not 1 <= at - first <= 6:
            return NO_TIME
        micros *= 10 ** (6 - (at - first))
    if not _is_utc(data, at, end):
        return NO_TIME
    return midnight + ((hour * 60 + minute) * 60 + second) * 1_000_000 + micros


@kernel
def _is_utc(data: Values, at: int, end: int) -> bool:
    """Return whether the rest of a time is nothing, `Z`, or an offset of nothing."""
    size = end - at
    if size == 0 or (size == 1 and data[at] == 90):
        return True
    if size not in (3, 5, 6) or (data[at] != 43 and data[at] != 45) or _digits(data, at + 1, 2) != 0:
        return False
    return size == 3 or (_digits(data, end - 2, 2) == 0 and (size == 5 or data[at + 3] == 58))


@kernel
def _digits(data: Values, at: int, count: int) -> int:
    """Return a number of so many digits, -1 where one is none."""
    value = 0
    for i in range(at, at + count):
        if not 48 <= data[i] <= 57:
            return -1
        value = 10 * value + (int(data[i]) - 48)
    return value


@kernel
def _days(year: int, month: int) -> int:
    """Return the days of a month."""
    if month == 2:
        return 29 if year % 4 == 0 and (year % 100 != 0 or year % 400 == 0) else 28
    return 30 if month in (4, 6, 9, 11) else 31


@kernel
def _day_number(year: int, month: int, day: int) -> int:
    """Return days since the epoch; the year begins in March, so that the leap day is its last."""
    if month < 3:
        year -= 1
    of_year = (153 * ((month + 9) % 12) + 2) // 5 + day - 1
    return 365 * year + year // 4 - year // 100 + year // 400 + of_year - 719_468
