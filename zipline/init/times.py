"""Which columns can be times, and which of them is the event's, which the one of arrival."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from zipline.dsl.timestamp import Unit
from zipline.errors import ConfigError
from zipline.init import words
from zipline.init.columns import Column
from zipline.init.said import found_column, listed
from zipline.time import MAX_TIME, MIN_TIME, from_micros, to_micros

FIRST, LAST = to_micros("1990-01-01"), to_micros("2100-01-01")
PER_SECOND: Final[dict[Unit, int]] = {"s": 1, "ms": 1_000, "us": 1_000_000, "ns": 1_000_000_000}
UNIT_NAMES: Final[dict[Unit, str]] = {
    "s": "seconds", "ms": "milliseconds", "us": "microseconds", "ns": "nanoseconds",
}  # fmt: skip


@dataclass(frozen=True)
class Time:
    """A column read as times.

    Attributes:
        column: what was seen of it.
        unit: of integers.
        micros: its values in microseconds.
    """

    column: Column
    unit: Unit | None
    micros: Sequence[int | None]

    @property
    def low(self) -> int:
        """The first time."""
        return min(each for each in self.micros if each is not None)

    @property
    def high(self) -> int:
        """The last time."""
        return max(each for each in self.micros if each is not None)

    @property
    def seen(self) -> str:
        """What was seen, in words."""
        between = f"from {_day(self.low)} to {_day(self.high)}"
        if self.unit is not None:
            return f"integers that are times {between} if they count {UNIT_NAMES[self.unit]}"
        kind = "texts that are all times" if self.column.type == "string" else f"{self.column.type}s"
        return f"{kind}, {between}"


def candidates(columns: Sequence[Column], integers: Sequence[Sequence[int | None] | None]) -> list[Time]:
    """Return the columns that can be times, the likeliest event time first.

    Integers must be called like a time and lie between 1990 and 2100 in one unit: an id may look like one.

    Args:
        columns: what was seen.
        integers: for each column its values, where they are integers.
    """
    found = []
    for column, values in zip(columns, integers, strict=True):
        if column.micros is not None:
            found.append(Time(column, None, column.micros))
        elif values is not None and _named_like_a_time(column.name) and (unit := unit_of(column)) is not None:
            found.append(_counted(column, values, unit))
    return sorted(found, key=_score, reverse=True)  # equals stay in the table's order


def chosen_time(
    text: str, columns: Sequence[Column], integers: Sequence[Sequence[int | None] | None]
) -> Time:
    """Return the event time that the user names, as COLUMN or COLUMN:UNIT.

    Raises:
        ConfigError: there is no such column, or it cannot be read as a time.
    """
    names = [column.name for column in columns]
    name, _, unit = text.rpartition(":")
    if text in names or unit not in PER_SECOND:
        name, unit = text, ""
    place = "--event-time"
    column = found_column(name, columns, place)
    if not column.filled:
        raise ConfigError(f"{column.name!r} is null in all rows", where=place, hint=listed(columns))
    values = integers[names.index(column.name)]
    if column.micros is not None and not unit:
        return Time(column, None, column.micros)
    if values is not None:
        guessed = next((each for each in PER_SECOND if each == unit), None) or unit_of(column)
        if guessed is not None:
            return _within(_counted(column, values, guessed), place)
        raise ConfigError(
            f"{column.name!r} holds integers from {column.low} to {column.high}: what they count cannot be told",
            where=place, hint=f"say it: --event-time {column.name}:ms",
        )  # fmt: skip
    if unit:
        raise ConfigError(
            f"{column.name!r} is {column.type}: a unit is for integers", where=place, hint="drop it"
        )
    raise ConfigError(
        f"{column.name!r} is {column.type}, and cannot be read as a time", where=place,
        hint=f"a time is a timestamp, a date, an ISO 8601 text or an integer. {listed(columns)}",
    )  # fmt: skip


def knowledge_time(times: Sequence[Time], event: Time) -> Time | None:
    """Return the time of arrival, if a column is called like one and mostly does not come before the event."""
    for time in times:
        if time.column.name == event.column.name:
            continue
        named = words.words(time.column.name)
        created = "created" in named and words.EVENT & words.words(event.column.name)
        if (named & words.KNOWN or created) and not named & words.NEVER and before(time, event) <= 0.5:
            return time
    return None


def before(known: Time, event: Time) -> float:
    """Return the share of the rows with both times that are known before they happen; 1 where no row has both."""
    pairs = [
        (k, e) for k, e in zip(known.micros, event.micros, strict=True) if k is not None and e is not None
    ]
    return sum(k < e for k, e in pairs) / len(pairs) if pairs else 1.0


def unit_of(column: Column) -> Unit | None:
    """Return what integers count, if all lie between 1990 and 2100 in one unit."""
    if column.kind is None or column.kind.kind != "int64" or column.low is None:
        return None
    for unit, per_second in PER_SECOND.items():
        first, last = (bound * per_second // 1_000_000 for bound in (FIRST, LAST))
        if first <= column.low and column.high <= last:
            return unit
    return None


def _counted(column: Column, values: Sequence[int | None], unit: Unit) -> Time:
    per_second = PER_SECOND[unit]
    return Time(column, unit, [None if each is None else each * 1_000_000 // per_second for each in values])


def _within(time: Time, place: str) -> Time:
    if time.low >= MIN_TIME and time.high <= MAX_TIME:
        return time
    column, counted = time.column, UNIT_NAMES[time.unit or "s"]
    raise ConfigError(
        f"{column.name!r} holds integers from {column.low} to {column.high}: as {counted} they are outside the years 1 "
        "to 9999",
        where=place, hint="say another unit: s, ms, us or ns",
    )  # fmt: skip


def _named_like_a_time(name: str) -> bool:
    return bool(words.words(name) & (words.EVENT | words.MOMENT | words.AT | words.DAY | words.KNOWN))


def _score(time: Time) -> int:
    """Return how likely a column is the event time: a clock's before a day's, one that moves before a constant."""
    named = words.words(time.column.name)
    whole_days = all(each is None or each % 86_400_000_000 == 0 for each in time.micros)
    score = 3 if whole_days else 6
    score += 4 if named & words.EVENT else 0
    score += 3 if named & words.MOMENT else 2 if named & words.AT else 1 if named & words.DAY else 0
    score -= 6 if named & words.KNOWN else 0
    score -= 9 if named & words.NEVER else 0
    score -= 3 if time.low == time.high else 0
    return score - (4 if 2 * time.column.nulls > time.column.rows else 0)


def _day(micros: int) -> str:
    return str(from_micros(micros).date())
