"""Which column is the event's time, which the time of arrival."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import pyarrow as pa
import pytest

from tests.init.looked import SECOND, proposed, times
from tests.refusals import refusal
from zipline.errors import ConfigError

MOMENTS = [datetime(2024, 5, day, 12) for day in (1, 2, 3)]
USER = ["a", "b", "a"]


def names(**columns: object) -> list[str]:
    return [time.column.name for time in times(**columns)]


def test_a_clock_comes_before_a_day_and_an_event_before_its_storage() -> None:
    days = [date(2024, 5, day) for day in (1, 2, 3)]
    assert names(ds=days, created=MOMENTS, ts=MOMENTS) == ["ts", "created", "ds"]
    assert names(updated_at=MOMENTS, when=MOMENTS, expires_at=MOMENTS) == ["when", "updated_at", "expires_at"]
    assert names(event_timestamp=MOMENTS, created_timestamp=MOMENTS)[0] == "event_timestamp"
    assert names(one=MOMENTS, two=MOMENTS) == ["one", "two"]


@pytest.mark.parametrize(
    ("unit", "factor"), [("s", 1), ("ms", 1_000), ("us", 1_000_000), ("ns", 1_000_000_000)]
)
def test_integers_that_are_called_like_a_time_are_read_in_the_unit_they_fit(unit: str, factor: int) -> None:
    (time,) = times(ts=[SECOND * factor, None, (SECOND + 1) * factor])
    assert time.unit == unit
    assert time.micros == [SECOND * 1_000_000, None, (SECOND + 1) * 1_000_000]


def test_integers_that_are_called_otherwise_or_fit_no_unit_are_not_times() -> None:
    assert times(phone=[SECOND], n=[SECOND * 1_000], ts=[20_240_501], date=[SECOND * 20_000]) == []


def test_what_was_seen_is_said() -> None:
    (stamp,) = times(at=["2024-05-01", "2024-05-02"])
    assert stamp.seen == "texts that are all times, from 2024-05-01 to 2024-05-02"
    (count,) = times(at=[SECOND * 1_000])
    assert count.seen == "integers that are times from 2023-11-14 to 2023-11-14 if they count milliseconds"


def test_arrival_is_called_like_it_and_mostly_comes_after() -> None:
    later = [datetime(2024, 5, day, 13) for day in (1, 2, 3)]
    known = proposed(user=USER, ts=MOMENTS, loaded_at=later).known
    assert known is not None
    assert known.column.name == "loaded_at"
    feast = proposed(user=USER, event_timestamp=MOMENTS, created=later).known
    assert feast is not None
    assert feast.column.name == "created"
    assert proposed(user=USER, ts=later, loaded_at=MOMENTS).known is None
    assert proposed(user=USER, ts=MOMENTS, other=later).known is None


def test_a_time_can_be_named() -> None:
    assert proposed(user=USER, ts=MOMENTS, other=MOMENTS, event_time="other").event.column.name == "other"
    assert proposed(user=USER, n=[SECOND] * 3, event_time="n").event.unit == "s"
    assert proposed(user=USER, n=[5, 6, 7], event_time="n:ms").event.micros == [5_000, 6_000, 7_000]
    odd: dict[str, Any] = {"a:ms": MOMENTS}
    assert proposed(user=USER, **odd, event_time="a:ms").event.column.name == "a:ms"


@pytest.mark.parametrize(
    ("event_time", "message"),
    [
        ("tss", "--event-time: there is no column 'tss'\nHint: did you mean 'ts'? Allowed: 'user', 'ts', 'n', 'x'"),
        (
            "n",
            (
                "--event-time: 'n' holds integers from 5 to 7: what they count cannot be told\n"
                "Hint: say it: --event-time n:ms"
            ),
        ),
        ("ts:ms", "--event-time: 'ts' is timestamp: a unit is for integers\nHint: drop it"),
        (
            "x",
            (
                "--event-time: 'x' is float64, and cannot be read as a time\n"
                "Hint: a time is a timestamp, a date, an ISO 8601 text or an integer. "
                "The columns are user (string), ts (timestamp), n (int64), x (float64)"
            ),
        ),
    ],
)  # fmt: skip
def test_a_time_that_is_none_is_refused(event_time: str, message: str) -> None:
    columns: dict[str, Any] = {"user": USER, "ts": MOMENTS, "n": [5, 6, 7], "x": [0.5, 1.5, 2.5]}
    assert refusal(lambda: proposed(**columns, event_time=event_time), ConfigError) == message


def test_a_time_without_values_or_beyond_the_years_is_refused() -> None:
    assert refusal(lambda: proposed(user=USER, ts=[None] * 3, event_time="ts"), ConfigError) == (
        "--event-time: 'ts' is null in all rows\nHint: The columns are user (string), ts (null)"
    )
    assert refusal(lambda: proposed(user=USER, n=[5, 6, 10**15], event_time="n:s"), ConfigError) == (
        "--event-time: 'n' holds integers from 5 to 1000000000000000: as seconds they are outside the years 1 to 9999\n"
        "Hint: say another unit: s, ms, us or ns"
    )
    assert times(ts=pa.array([2**62], pa.timestamp("us"))) == []


def test_without_any_time_the_columns_are_listed() -> None:
    assert refusal(lambda: proposed(user=USER, n=[5, 6, 7]), ConfigError) == (
        "the table: no column can be an event time: no timestamp, date, ISO 8601 text, or integers called like a time\n"
        "Hint: name one: --event-time COLUMN, or COLUMN:UNIT for integers. The columns are user (string), n (int64)"
    )
