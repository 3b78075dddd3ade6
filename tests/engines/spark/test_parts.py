"""Files that DuckDB's engine reads for Spark: in as many tasks as they are worth, each as if it read all of them."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import polars as pl
import pytest

import zipline as zl
from tests.refusals import refusal
from tests.services.spark import session
from zipline.engines.duckdb.database import Database
from zipline.engines.duckdb.tables import relation
from zipline.engines.spark import parts
from zipline.settings import DuckDBSettings

EVENTS = pl.DataFrame(
    {
        "shop": ["a", "a", "b", "a", "b"],
        "x": [1, 2, 3, 4, 5],
        "at": [datetime(2024, 5, day, tzinfo=UTC) for day in range(1, 6)],
    }
)
ASKED = pl.DataFrame({"shop": ["a", "b", "c"], "t": [datetime(2024, 6, 1, tzinfo=UTC)] * 3})


@pytest.fixture(autouse=True)
def a_task_for_each_file(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parts, "PART_BYTES", 1)


def cut(path: Path | str) -> list[str]:
    """Return the parts into which a path's files are cut."""
    with Database(DuckDBSettings(), Path()) as database:
        return relation(database, zl.Parquet(str(path))).parts(1)


def check(table: Any, *features: Any, **source: Any) -> None:
    """Check that Spark and DuckDB give the same features of a table."""
    events = zl.EventSource("sales", table=table, event_time="at", **source)
    view = zl.FeatureView("sales", entity=zl.Entity("shop"), source=events, features=features)
    duckdb, spark = (
        zl.FeatureStore(spark=session()).training_set(ASKED, view, time="t", engine=engine).to_arrow()
        for engine in ("duckdb", "spark")
    )
    assert spark == duckdb


def in_partitions(folder: Path, **values: str) -> None:
    """Write a file of events into a folder for each value of a partition."""
    for (name, value), row in zip(
        ((n, v) for n, vs in values.items() for v in vs.split()), range(5), strict=True
    ):
        place = folder / f"{name}={value}"
        place.mkdir(parents=True)
        EVENTS[row : row + 1].write_parquet(place / "events.parquet")


@pytest.mark.parametrize(
    "values",
    ["01 02 10 11 12", "01 02 ab 11 12", "2024-05-01 2024-05-02 __HIVE_DEFAULT_PARTITION__ 2024-05-04 x%20y"],
)
def test_a_partition_is_what_it_is_among_all_of_them(tmp_path: Path, values: str) -> None:
    in_partitions(tmp_path, part=values)
    assert len(cut(tmp_path)) == 5
    check(zl.Parquet(str(tmp_path)), zl.LastK("part", 5), zl.Sum("x"))


def test_partitions_by_which_events_are_found(tmp_path: Path) -> None:
    in_partitions(tmp_path, at=" ".join(f"2024-05-0{day}" for day in range(1, 6)))
    for file in tmp_path.rglob("*.parquet"):
        pl.read_parquet(file).drop("at").write_parquet(file)
    check(zl.Parquet(str(tmp_path)), zl.Sum("x"), zl.Count().over("30d"))


def test_a_column_that_is_called_like_a_partition(tmp_path: Path) -> None:
    in_partitions(tmp_path, x="7 8 9 10 11")
    assert cut(tmp_path) == []
    check(zl.Parquet(str(tmp_path)), zl.Sum("x"))


def test_files_of_different_columns(tmp_path: Path) -> None:
    EVENTS[:2].write_parquet(tmp_path / "1.parquet")
    EVENTS[2:4].with_columns(y=0.5, x=pl.col("x") + 0.25).write_parquet(tmp_path / "2.parquet")
    EVENTS[4:].write_parquet(tmp_path / "3.parquet")
    check(zl.Parquet(str(tmp_path), union_by_name=True), zl.Sum("x"), zl.Last("y"))


def test_small_files_are_read_together(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    in_partitions(tmp_path, part="1 2 3 4 5")
    with Database(DuckDBSettings(), Path()) as database:
        assert len(relation(database, zl.Parquet(str(tmp_path))).parts(2**20)) == 1
    monkeypatch.setattr(parts, "PART_BYTES", 2**20)
    check(zl.Parquet(str(tmp_path)), zl.LastK("part", 5))


@pytest.mark.parametrize("on_error", ["error", "skip"])
def test_declared_columns(tmp_path: Path, on_error: str) -> None:
    for row in range(5):
        day = pl.col("at").dt.strftime("%Y-%m-%d") if row or on_error == "error" else pl.lit("never")
        EVENTS[row : row + 1].with_columns(at=day).write_parquet(tmp_path / f"{row}.parquet")
    check(zl.Parquet(str(tmp_path)), zl.Sum("x"), schema={"x": "double"}, on_error=on_error)


def test_behind_a_url(tmp_path: Path) -> None:
    in_partitions(tmp_path, part="1 2 3 4 5")
    check(zl.Parquet(f"file://{tmp_path}"), zl.LastK("part", 5))


def test_observations_in_many_files(tmp_path: Path) -> None:
    for row in range(3):
        (tmp_path / f"row={row}").mkdir()
        ASKED[row : row + 1].write_parquet(tmp_path / f"row={row}" / "asked.parquet")
    events = zl.EventSource("sales", table=zl.Frame(EVENTS), event_time="at")
    view = zl.FeatureView("sales", entity=zl.Entity("shop"), source=events, features=[zl.Sum("x")])
    result = zl.FeatureStore(spark=session()).training_set(str(tmp_path), view, time="t", engine="spark")
    assert sorted((each["shop"], each["row"], each["sales__x_sum"]) for each in result.to_spark().collect()) == [
        ("a", 0, 7), ("b", 1, 8), ("c", 2, None),
    ]  # fmt: skip


def test_a_torn_file_is_named(tmp_path: Path) -> None:
    in_partitions(tmp_path, part="1 2 3 4 5")
    torn = tmp_path / "part=3" / "events.parquet"
    content = bytearray(torn.read_bytes())
    content[4:40] = b"\xff" * 36  # the footer is whole, the rows are not
    torn.write_bytes(content)
    message = refusal(lambda: check(zl.Parquet(str(tmp_path)), zl.Sum("x")), zl.DataError)
    store = zl.FeatureStore(spark=session())
    events = zl.EventSource("sales", table=zl.Parquet(str(tmp_path)), event_time="at")
    view = zl.FeatureView("sales", entity=zl.Entity("shop"), source=events, features=[zl.Sum("x")])
    spark = refusal(
        lambda: store.training_set(ASKED, view, time="t", engine="spark").to_arrow(), zl.DataError
    )
    assert spark == message
    assert "part=3" in spark
