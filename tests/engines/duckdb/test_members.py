"""Unions on DuckDB: whose rows could not be read, which were left out, and what is read of each member."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import zipline as zl
from tests.engines.duckdb.corruption import corrupt
from tests.refusals import refusal

START = datetime(2024, 1, 1, tzinfo=UTC)


def member(name: str, rows: dict[str, Any], **options: Any) -> zl.EventSource:
    return zl.EventSource(name, table=zl.Frame(pa.table(rows)), **{"event_time": "ts", **options})


def request(*members: zl.EventSource, features: Any = None) -> zl.TrainingSet:
    view = zl.FeatureView(
        "v", entity=zl.Entity("user"), source=zl.Union("both", members), features=features or [zl.Count()]
    )
    asked = pa.table({"user": ["a"], "t": pa.array([START + timedelta(days=9)])})
    return zl.FeatureStore().training_set(asked, view, time="t")


ONE = member("one", {"user": ["a", None], "ts": ["2024-01-01", "2024-01-01"]})


def test_a_time_that_is_none_names_its_member() -> None:
    other = member("other", {"user": ["a", "a"], "ts": ["2024-01-01", "soon"]})
    for asked in (request(ONE, other), request(other, ONE)):
        assert "source 'other', row 1, column 'ts': 'soon' is not a time" in refusal(
            asked.to_arrow, zl.DataError
        )
    named = member("named", {"user": ["a"], "at": ["soon"]}, event_time="at")
    assert "source 'named', row 0, column 'at'" in refusal(request(ONE, named).to_arrow, zl.DataError)


def test_what_cannot_be_read_names_the_members(tmp_path: Path) -> None:
    path = tmp_path / "torn.parquet"
    pq.write_table(pa.table({"user": ["a"], "ts": ["2024-01-01"]}), path)
    corrupt(path)
    torn = zl.EventSource("torn", table=zl.Parquet(str(path)), event_time="ts")
    said = refusal(request(ONE, torn).to_arrow, zl.DataError)
    assert "source 'torn'" in said


def test_rows_that_belong_to_nobody_are_counted_by_member() -> None:
    other = member("other", {"user": ["a", "a"], "ts": ["2024-01-01", None]}, id="user")
    assert request(ONE, other).left_out() == {"one": {"ts": 0, "user": 1}, "other": {"user": 0, "ts": 1}}


def test_notes_are_of_members_without_knowledge() -> None:
    late = member("late", {"user": ["a"], "ts": ["2024-01-01"]}, delay="1h")
    (note,) = request(ONE, late).notes
    assert note.startswith("source 'one' has no knowledge time")


def test_entities_are_those_of_all_members() -> None:
    late = member("late", {"user": ["b", "c"], "ts": ["2024-01-01", "2024-01-02"]}, delay="1d")
    view = zl.FeatureView(
        "v", entity=zl.Entity("user"), source=zl.Union("both", [late, ONE]), features=[zl.Count()]
    )
    found = zl.FeatureStore().snapshot(view, at="2024-01-02T12:00").to_polars()
    assert found["user"].to_list() == ["a", "b"]


def test_explain_shows_each_member() -> None:
    versions = member(
        "versions", {"user": ["a"], "ts": ["2024-01-01"], "id": [1]}, id="id", delay="1h", where="user <> 'b'"
    )
    lines = request(ONE, versions).explain().splitlines()
    assert [line.strip() for line in lines if line.strip().startswith(("Versions", "Scan", "Select"))] == [
        "Select all", "Versions by row", "Scan one (ts, user)",
        "Select where user <> 'b'", "Versions by id", "Scan versions (ts, id, user)",
    ]  # fmt: skip
    assert "Sweep 1: one + versions by user" in lines
    assert sum(line.strip().startswith("reads Frame") for line in lines) == 2
    assert sum(line.strip().startswith("zl_repeated_1: the ids") for line in lines) == 1
    assert sum(" UNION ALL SELECT keys.code" in line for line in lines) == 1


def test_of_each_member_only_what_can_be_seen_is_read(tmp_path: Path) -> None:
    """Files of other times, of other entities, and columns that nobody reads."""
    members = []
    for name in ("one", "other"):
        folder = tmp_path / name
        folder.mkdir()
        for file, user, days in (("seen", "a", 6), ("old", "a", -50), ("stranger", "b", 6)):
            rows = pa.table(
                {"user": [user] * 9, "ts": [START + timedelta(days=days)] * 9, "unused": ["u"] * 9}
            )
            pq.write_table(rows, folder / f"{file}.parquet")
        corrupt(folder / "seen.parquet", columns=["unused"])
        corrupt(folder / "old.parquet")
        corrupt(folder / "stranger.parquet", columns=["ts"])
        members.append(zl.EventSource(name, table=zl.Parquet(str(folder)), event_time="ts"))
    asked = request(*members, features=[zl.Count().over("7d")])
    assert asked.to_arrow()["v__count_7d"].to_pylist() == [18]
    with pytest.raises(zl.ZiplineError):
        request(*members).to_arrow()
