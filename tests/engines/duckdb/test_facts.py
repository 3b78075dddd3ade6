"""Facts about a source's rows are those of the rows that count, in the columns that features see."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pytest

import zipline as zl
from tests.refusals import refusal
from zipline.engines.duckdb.database import Database
from zipline.engines.duckdb.facts import Asked, ColumnFacts, Facts, KeyFacts, TimeFacts, look_at
from zipline.errors import DataError
from zipline.settings import DuckDBSettings
from zipline.types import FLOAT64, INT64, STRING

MOMENTS = pa.timestamp("us")
HOUR = 3_600_000_000
ROWS = pa.table(
    {
        "user": ["a", "b", None, "a", "a"],
        "ts": pa.array([HOUR, 2 * HOUR, None, 3 * HOUR, 9 * HOUR], MOMENTS),
        "known": pa.array([HOUR, 4 * HOUR, 5 * HOUR, 2 * HOUR, 9 * HOUR], MOMENTS),
        "x": [1, 1, 1, None, 7],
        "gone": [False, None, False, False, True],
    }
)


def facts(rows: pa.Table = ROWS, asked: Asked | None = None, **options: object) -> Facts:
    source = zl.EventSource("events", table=zl.Frame(rows), event_time="ts", **options)  # type: ignore[arg-type]
    with Database(DuckDBSettings(), Path()) as database:
        return look_at(database, source, asked or Asked())


def test_times_are_counted_without_deletions() -> None:
    seen = facts(knowledge_time="known", id="user", deleted="gone", asked=Asked(lags=(HOUR, 2 * HOUR)))
    assert (seen.rows, seen.kept, seen.early, seen.same, seen.future, seen.nineteen_seventy) == (
        5,
        4,
        1,
        1,
        0,
        3,
    )
    assert seen.event == TimeFacts(1, HOUR, 3 * HOUR)
    assert seen.known == TimeFacts(0, HOUR, 5 * HOUR)
    assert seen.late == {HOUR: 1, 2 * HOUR: 1}


def test_keys_are_the_tables_own_and_columns_those_that_select_gives() -> None:
    asked = Asked(keys=(("user",), ("user", "x")), columns=("user", "x"), counted=("x",))
    seen = facts(asked=asked, select={"user": "x + 0.5", "x": "'c'"})
    assert seen.keys == {("user",): KeyFacts(1, 2), ("user", "x"): KeyFacts(2, 3)}
    assert seen.columns == {
        "user": ColumnFacts(FLOAT64, 1, False, None),
        "x": ColumnFacts(STRING, 0, True, 1),
    }
    assert seen.types["x"] == INT64


def test_conditions_are_judged_on_the_rows_that_where_keeps() -> None:
    asked = Asked(conditions=("x = 1", "y > 1", "x > 7"), columns=("x",))
    seen = facts(asked=asked, where="user = 'a'", select={"y": "x * 2"})
    assert (seen.rows, seen.kept) == (5, 3)
    assert seen.conditions == {"x = 1": 1, "y > 1": 2, "x > 7": 0}
    assert seen.columns["x"] == ColumnFacts(INT64, 1, False, None)


def test_no_rows_have_no_times() -> None:
    seen = facts(ROWS.slice(0, 0), asked=Asked(columns=("x",)), delay="1h")
    assert (seen.rows, seen.event, seen.known) == (0, TimeFacts(0, None, None), None)
    assert seen.columns["x"] == ColumnFacts(INT64, 0, False, None)


@pytest.mark.parametrize("name", ["a b", 'say "x"', "f0"])
def test_columns_may_be_called_anything(name: str) -> None:
    rows = ROWS.rename_columns([name if column == "x" else column for column in ROWS.column_names])
    assert facts(rows, asked=Asked(columns=(name,), keys=((name,),))).columns[name].nulls == 1


def test_a_value_that_cannot_be_read_is_an_error_with_its_row() -> None:
    rows = pa.table({"ts": ["2024-05-01", "soon"]})
    assert refusal(lambda: facts(rows), DataError).startswith(
        "source 'events', row 1, column 'ts': 'soon' is not a time\nHint: "
    )
