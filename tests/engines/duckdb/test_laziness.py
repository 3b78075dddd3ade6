"""What need not be read is not read: proved by making it unreadable."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import zipline as zl
from tests.engines.duckdb.corruption import corrupt

START = datetime(2024, 1, 1, tzinfo=UTC)
GROUP = 2048
USER = zl.Entity("user")


def events(first_user: int, days: int, path: Path) -> Path:
    """Write one row group of GROUP events of users from `first_user` on, `days` after the start."""
    rows = {
        "user": pa.array([first_user + i % 10 for i in range(GROUP)]),
        "ts": pa.array([START + timedelta(days=days, seconds=i) for i in range(GROUP)]),
        "amount": pa.array([float(i) for i in range(GROUP)]),
        "unused": pa.array([f"text {i}" for i in range(GROUP)]),
    }
    pq.write_table(pa.table(rows), path)
    return path


def view(path: Path | str, window: str = "7d") -> zl.FeatureView:
    source = zl.EventSource("events", table=zl.Parquet(str(path)), event_time="ts")
    return zl.FeatureView(
        "view", entity=USER, source=source, features=[zl.Count().over(window), zl.Sum("amount").over(window)]
    )


def observations(users: list[int], day: int) -> pa.Table:
    return pa.table({"user": users, "t": pa.array([START + timedelta(days=day)] * len(users))})


def counts(path: Path | str, users: list[int], day: int) -> list[int]:
    answer = zl.FeatureStore().training_set(observations(users, day), view(path), time="t").to_arrow()
    return [int(value) for value in answer["view__count_7d"].to_pylist()]


def test_unused_columns_are_not_read(tmp_path: Path) -> None:
    path = events(0, 0, tmp_path / "a.parquet")
    corrupt(path, columns=["unused"])
    assert counts(path, [1], 1) == [205]
    corrupt(path, columns=["amount"])
    with pytest.raises(zl.ZiplineError):
        counts(path, [1], 1)


def test_files_of_other_times_are_not_read(tmp_path: Path) -> None:
    events(0, 0, tmp_path / "old.parquet")
    events(0, 20, tmp_path / "seen.parquet")
    events(0, 40, tmp_path / "future.parquet")
    for name in ("old", "future"):
        corrupt(tmp_path / f"{name}.parquet")
    assert counts(tmp_path / "*.parquet", [1], 21) == [205]
    with pytest.raises(zl.ZiplineError):
        counts(tmp_path / "*.parquet", [1], 5)


def test_entities_that_nobody_asks_for_are_not_read(tmp_path: Path) -> None:
    events(0, 0, tmp_path / "a.parquet")
    events(100, 0, tmp_path / "b.parquet")
    corrupt(tmp_path / "b.parquet")
    assert counts(tmp_path / "*.parquet", [1, 2], 1) == [205, 205]
    with pytest.raises(zl.ZiplineError):
        counts(tmp_path / "*.parquet", [1, 101], 1)


def test_head_reads_and_computes_its_rows_only(tmp_path: Path) -> None:
    events(0, 0, tmp_path / "events.parquet")
    path = tmp_path / "observations.parquet"
    pq.write_table(observations([1] * 500_000, 1), path, row_group_size=100_000)
    corrupt(path, row_groups=[2, 3, 4])
    asked = zl.FeatureStore().training_set(str(path), view(tmp_path / "events.parquet"), time="t")
    assert asked.head(3)["view__count_7d"].to_list() == [205, 205, 205]
    with pytest.raises(zl.ZiplineError):
        asked.to_arrow()


def test_nothing_is_read_before_a_result_is_asked_for(tmp_path: Path) -> None:
    path = events(0, 0, tmp_path / "events.parquet")
    corrupt(path)
    given = observations([1], 1)
    asked = zl.FeatureStore().training_set(given, view(path), time="t")
    assert asked.schema.names == ["user", "t", "view__count_7d", "view__amount_sum_7d"]
    assert "view__count_7d" in asked.explain()
    with pytest.raises(zl.ZiplineError):
        asked.to_arrow()
    missing = zl.FeatureStore().training_set(given, view(tmp_path / "absent.parquet"), time="t")
    with pytest.raises(zl.DataError, match="no file matches"):
        missing.to_arrow()
