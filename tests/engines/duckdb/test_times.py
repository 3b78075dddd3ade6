"""Time columns in every form, and the rows whose time is none."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import zipline as zl
from tests.engines.duckdb.small import EVENTS, ask, sums
from tests.refusals import refusal
from zipline.engines.duckdb.database import Database, Unread
from zipline.engines.duckdb.sql import quote
from zipline.engines.duckdb.tables import relation
from zipline.engines.duckdb.times import micros_sql
from zipline.settings import DuckDBSettings
from zipline.time import MAX_TIME, MIN_TIME, parse_time, to_micros

DAY = 86_400_000_000
HINT = "Hint: write YYYY-MM-DD[THH:MM[:SS[.digits]]][Z|+HH:MM], in the years 1 to 9999"


def micros(column: pa.Array, **declared: Any) -> list[int | None]:
    """Return the microseconds that a time column is read as."""
    with Database(DuckDBSettings(), Path()) as database:
        table = relation(database, zl.Frame(pa.table({"a b": column})))
        sql = micros_sql(zl.Timestamp("a b", **declared), table.stored["a b"])
        return list(database.table(f"SELECT {sql} AS m FROM {table.sql}")["m"].to_pylist())


def array(kind: pa.DataType, *values: Any) -> pa.Array:
    return pa.array([*values, None], kind)


def test_timestamps_of_every_unit_and_zone() -> None:
    assert micros(array(pa.timestamp("s"), -1, 2)) == [-1_000_000, 2_000_000, None]
    assert micros(array(pa.timestamp("ms"), -1, 2)) == [-1_000, 2_000, None]
    assert micros(array(pa.timestamp("us"), -1, 2)) == [-1, 2, None]
    assert micros(array(pa.timestamp("ns"), -1, 0, 999, 1000)) == [-1, 0, 0, 1, None]
    for zone in ("UTC", "America/New_York", "+05:30"):
        assert micros(array(pa.timestamp("us", zone), -1, 2)) == [-1, 2, None]
        assert micros(array(pa.timestamp("ns", zone), -1001, 2000)) == [-2, 2, None]
    assert micros(array(pa.date32(), date(1969, 12, 31), date(1970, 1, 2))) == [-DAY, DAY, None]
    assert micros(array(pa.date64(), date(1970, 1, 2))) == [DAY, None]
    assert micros(pa.nulls(2)) == [None, None]


def test_integers_of_every_unit() -> None:
    for unit, each in (("s", 1_000_000), ("ms", 1_000), ("us", 1)):
        assert micros(array(pa.int64(), -3, 3), unit=unit) == [-3 * each, 3 * each, None]
        assert micros(array(pa.int8(), -128, 127), unit=unit) == [-128 * each, 127 * each, None]
        assert micros(array(pa.uint32(), 2**32 - 1), unit=unit) == [(2**32 - 1) * each, None]
    assert micros(array(pa.int64(), -1000, -999, -1, 0, 999, 1000), unit="ns") == [-1, -1, -1, 0, 0, 1, None]


@st.composite
def texts(draw: st.DrawFn) -> str:
    """Draw a time in one of the ways to write it."""
    moment = draw(st.datetimes(min_value=datetime(1, 1, 2), max_value=datetime(9999, 12, 30)))
    form = draw(st.sampled_from(["", "T%H:%M", " %H:%M", "T%H:%M:%S", " %H:%M:%S"]))
    digits = draw(st.sampled_from(["", ".1", ".123456", ".1234567899"])) if form.endswith("%S") else ""
    zone = draw(st.sampled_from(["", "Z", "+02", "-0330", "+14:00", "-00:00"]))
    return f"{moment.date().isoformat()}{moment.strftime(form)}{digits}{zone}"


@settings(max_examples=10)
@given(st.lists(texts(), min_size=20, max_size=40))
def test_texts_are_read_as_python_reads_them(written: list[str]) -> None:
    assert micros(pa.array(written)) == [parse_time(text) for text in written]


def test_local_times() -> None:
    new_york = {"zone": "America/New_York"}
    summer, winter = to_micros("2024-07-01T16:00Z"), to_micros("2024-01-01T17:00Z")
    assert micros(array(pa.timestamp("us"), *(datetime(2024, m, 1, 12) for m in (7, 1))), **new_york) == [
        summer,
        winter,
        None,
    ]
    texts = pa.array(["2024-07-01 12:00", "2024-01-01T12:00", "2024-07-01T12:00Z", "2024-07-01T12:00-04"])
    assert micros(texts, **new_york) == [summer, winter, to_micros("2024-07-01T12:00Z"), summer]
    twice = pa.array([datetime(2024, 11, 3, 1, 30)], pa.timestamp("us"))
    assert micros(twice, **new_york) == [to_micros("2024-11-03T05:30Z")]


@pytest.mark.parametrize("micros_of_bound", [MIN_TIME, MAX_TIME])
def test_the_years_1_to_9999_and_no_others(micros_of_bound: int) -> None:
    beyond = micros_of_bound + (1 if micros_of_bound > 0 else -1)
    assert micros(array(pa.timestamp("us"), micros_of_bound)) == [micros_of_bound, None]
    assert micros(array(pa.int64(), micros_of_bound), unit="us") == [micros_of_bound, None]
    assert "is not a time" in refusal(lambda: micros(array(pa.timestamp("us"), beyond)), Unread)
    for unit, each in (("s", 1_000_000), ("ms", 1_000), ("us", 1)):
        last = micros_of_bound // each
        far = last + (1 if last > 0 else -1)
        assert micros(array(pa.int64(), last), unit=unit) == [last * each, None]
        message = refusal(lambda far=far, unit=unit: micros(array(pa.int64(), far), unit=unit), Unread)  # type: ignore[misc]
        assert message == f"column 'a b': '{far}' is not a time\n{HINT}"
    huge = 2**63 - 1 if micros_of_bound > 0 else -(2**63)
    assert "is not a time" in refusal(lambda: micros(array(pa.int64(), huge), unit="ms"), Unread)


def rows(count: int, bad: dict[int, str]) -> pa.Table:
    """Return events of user a in order, some with a text that is no time."""
    times = [bad.get(i, "1970-01-01") for i in range(count)]
    return pa.table({"user": ["a"] * count, "ts": times, "x": range(count)})


@pytest.mark.parametrize("at", [0, 1, 19_999])
def test_an_error_names_the_first_row_of_the_source(at: int, tmp_path: Path) -> None:
    table = rows(20_000, {at: "nope", 19_999: "nope" if at == 19_999 else "never"})
    message = f"source 'events', row {at}, column 'ts': 'nope' is not a time\n{HINT}"
    assert refusal(lambda: sums(zl.Frame(table)), zl.DataError) == message
    pq.write_table(table, tmp_path / "b.parquet", row_group_size=2_048)
    pq.write_table(rows(3, {}), tmp_path / "a.parquet")
    message = message.replace("row", f"file {str(tmp_path / 'b.parquet')!r}, row")
    for path in ("b.parquet", "*.parquet"):
        assert refusal(lambda path=path: sums(zl.Parquet(str(tmp_path / path))), zl.DataError) == message  # type: ignore[misc]


def test_an_error_names_the_observation(tmp_path: Path) -> None:
    asked = rows(15_000, {14_000: "2024-13-01", 14_999: "x"}).rename_columns(["user", "t", "n"])
    message = f"observation 14000, column 't': '2024-13-01' is not a time\n{HINT}"
    assert refusal(lambda: sums(zl.Frame(EVENTS), asked=asked), zl.DataError) == message
    pq.write_table(asked, tmp_path / "a.parquet", row_group_size=2_048)
    given = str(tmp_path / "a.parquet")
    assert refusal(lambda: sums(zl.Frame(EVENTS), asked=given), zl.DataError) == message


def test_an_observation_without_a_time_is_named() -> None:
    asked = pa.table({"user": ["a", "b"], "t": [datetime(2024, 1, 1, tzinfo=UTC), None]})
    message = "observation 1: has no time: 't' is null\nHint: drop observations without a time"
    assert refusal(lambda: sums(zl.Frame(EVENTS), asked=asked), zl.RequestError) == message


def test_a_bad_knowledge_time_is_named_too() -> None:
    table = EVENTS.append_column("known", pa.array(["1970-01-01", "1970-01-01", "soon"]))
    message = f"source 'events', row 2, column 'known': 'soon' is not a time\n{HINT}"
    assert refusal(lambda: sums(zl.Frame(table), knowledge_time="known"), zl.DataError) == message
    store = zl.FeatureStore()
    view = zl.FeatureView(
        "v",
        entity=zl.Entity("user"),
        source=zl.EventSource("events", table=zl.Frame(table), event_time="ts", knowledge_time="known"),
        features=[zl.Count()],
    )
    assert refusal(store.snapshot(view, at="2024-01-01").to_arrow, zl.DataError) == message


def test_names_of_time_columns_are_quoted() -> None:
    name = "a \"time\", of 'mine'"
    table = EVENTS.rename_columns(["user", name, "x"])
    assert quote(name) in ask(zl.Frame(table), event_time=name).explain()
    assert sums(zl.Frame(table), event_time=name) == [3, 4, None]
