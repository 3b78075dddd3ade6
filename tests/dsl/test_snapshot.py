"""Snapshots: their normal forms, what a source takes from them, and what cannot be meant."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

import zipline as zl
from tests.refusals import refusal

COPIES = zl.Parquet("users/")


def snapshot(**options: Any) -> zl.Snapshot:
    """Return a snapshot of users with some options of its own."""
    return zl.Snapshot(**{"table": COPIES, "date": "ds", "id": "user_id", **options})


def source(**options: Any) -> zl.EventSource:
    return zl.EventSource("users", **{"table": snapshot(), **options})


def test_normal_forms() -> None:
    one = snapshot(
        id=["country", "number"], columns=["number", "name", "plan"], date=zl.Timestamp("s", unit="s")
    )
    assert one.id == ("country", "number")
    assert one.columns == ("name", "plan")
    assert one.date == zl.Timestamp("s", unit="s")
    assert snapshot(columns="plan").columns == ("plan",)
    assert snapshot().columns is None


@pytest.mark.parametrize(
    ("delay", "micros"),
    [
        ("1d", 86_400_000_000), ("6h", 21_600_000_000), (timedelta(hours=1), 3_600_000_000),
        ("0s", 0), ("0d", 0), (0, 0), (timedelta(0), 0),
    ],
)  # fmt: skip
def test_delays(delay: Any, micros: int) -> None:
    assert snapshot(delay=delay).delay_us == micros


def test_a_copy_is_known_a_day_later_unless_said_otherwise() -> None:
    assert snapshot().delay_us == 86_400_000_000


def test_a_source_takes_its_times_and_ids_from_it() -> None:
    one = source(table=snapshot(delay="2h"))
    assert one.event_time == zl.Timestamp("ds")
    assert one.id == ("user_id",)
    assert one.delay_us == 7_200_000_000
    assert one.has_knowledge
    assert source(table=snapshot(delay=0)).has_knowledge


def test_what_can_be_read_and_what_is_compared() -> None:
    names = ("ds", "user_id", "name", "plan")
    assert snapshot().visible(names) == names
    assert snapshot().compared(names) == ("name", "plan")
    assert snapshot(columns="plan").visible(names) == ("ds", "user_id", "plan")
    assert snapshot(columns="plan").compared(names) == ("plan",)


def test_meaning() -> None:
    said = {"date": {"column": "ds"}, "id": ["user_id"], "delay_us": 86_400_000_000}
    assert snapshot().meaning() == {"snapshot": said}
    assert snapshot(table=zl.Parquet("elsewhere/")).meaning() == {"snapshot": said}
    assert snapshot(columns=["b", "a"]).meaning() == {"snapshot": {**said, "columns": ["a", "b"]}}
    assert snapshot(table=zl.Csv("x", delimiter=";")).meaning() == {"delimiter": ";", "snapshot": said}
    assert snapshot(id=["b", "a"]).meaning() == snapshot(id=["a", "b"]).meaning()
    zone = zl.Timestamp("ds", zone="Asia/Tokyo")
    assert snapshot(date=zone).meaning()["snapshot"]["date"] == {"column": "ds", "zone": "Asia/Tokyo"}


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"id": None}, "Snapshot: has no id\nHint: name the columns that identify a row in a copy: id='...'"),
        ({"id": ["ds", "n"]}, "Snapshot: id names 'ds', the date of the copies\nHint: the date is no part"),
        ({"columns": ["ds"]}, "Snapshot: columns names 'ds', the date of the copies"),
        ({"columns": []}, "[] is not a list of columns to compare\nHint: give a column name"),
        (
            {"table": "users/"},
            "Snapshot: 'users/' is not a table of copies\nHint: write zl.Snapshot(zl.Parquet",
        ),
        ({"table": snapshot()}, "is not a table of copies"),
        ({"delay": "1 day"}, "delay '1 day' is not a duration"),
        ({"delay": "-1d"}, "delay '-1d' is not a duration"),
        ({"delay": 1}, "Snapshot: delay 1 is not a duration\nHint: write a text such as '1d' or '6h', or 0"),
        ({"delay": False}, "Snapshot: delay False is not a duration"),
    ],
)
def test_refusals(options: dict[str, Any], message: str) -> None:
    assert message in refusal(lambda: snapshot(**options), zl.DefinitionError)


@pytest.mark.parametrize(
    "option", ["event_time", "knowledge_time", "delay", "id", "deleted", "sequence", "corrections"]
)
def test_a_source_says_nothing_that_its_snapshot_says(option: str) -> None:
    assert refusal(lambda: source(**{option: "1d"})) == (
        f"source 'users': has {option}, and its table is a Snapshot\n"
        "Hint: drop it: a Snapshot's date, id and delay say when its rows changed and when that was known"
    )


def test_a_row_that_is_skipped_would_be_a_deletion() -> None:
    assert refusal(lambda: source(on_error="skip")) == (
        "source 'users': has on_error='skip', and its table is a Snapshot\n"
        "Hint: a row that is skipped would be missing from its copy, which says that it was deleted"
    )


def test_any_other_table_needs_an_event_time() -> None:
    assert refusal(lambda: zl.EventSource("clicks", table=COPIES)) == (
        "source 'clicks': has no event_time\n"
        "Hint: name the column that says when an event happened: event_time='...'"
    )
