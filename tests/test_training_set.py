"""Training sets: one result in many forms, computed when asked for."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import zipline as zl

EVENTS = pl.DataFrame({"user": ["a", "a", "b"], "ts": [1, 2, 3], "x": [1.5, 2.0, None]})
ASKED = pa.table({"t": [10, 2, 10], "user": ["a", "a", "z"], "kept": [b"1", None, b"3"]})
VIEW = zl.FeatureView(
    "v",
    entity=zl.Entity("user"),
    source=zl.EventSource("events", table=zl.Frame(EVENTS), event_time=zl.Timestamp("ts", unit="s")),
    features=[zl.Sum("x").over("1h"), zl.LastK(["x"], 2)],
)
ROWS = [
    {"t": 10, "user": "a", "kept": b"1", "v__x_sum_1h": 3.5, "v__x_last2": [{"x": 2.0}, {"x": 1.5}]},
    {"t": 2, "user": "a", "kept": None, "v__x_sum_1h": 1.5, "v__x_last2": [{"x": 1.5}]},
    {"t": 10, "user": "z", "kept": b"3", "v__x_sum_1h": None, "v__x_last2": []},
]


@pytest.fixture
def request_() -> zl.TrainingSet:
    return zl.FeatureStore().training_set(ASKED, VIEW, time=zl.Timestamp("t", unit="s"))


def test_every_form_has_the_same_rows(request_: zl.TrainingSet) -> None:
    assert request_.to_arrow().to_pylist() == ROWS
    assert request_.to_arrow().schema == request_.schema
    assert request_.to_polars().to_dicts() == ROWS
    assert pa.Table.from_batches(request_.batches()).to_pylist() == ROWS
    frame = request_.to_pandas()
    assert frame["user"].tolist() == ["a", "a", "z"]
    assert frame["v__x_sum_1h"].tolist()[:2] == [3.5, 1.5]


@pytest.mark.parametrize("n", [0, 1, 3, 99])
def test_head_gives_the_first_rows(request_: zl.TrainingSet, n: int) -> None:
    assert request_.head(n).to_dicts() == ROWS[:n]


def test_files_and_folders_are_written(request_: zl.TrainingSet, tmp_path: Path) -> None:
    for target, written in (
        ("a.parquet", "a.parquet"),
        ("new/", "new/part-0.parquet"),
        (".", "part-0.parquet"),
    ):
        request_.write_parquet(f"{tmp_path}/{target}")
        assert pq.read_table(tmp_path / written).to_pylist() == ROWS
    request_.write_parquet(tmp_path / "a.parquet")
    assert sorted(path.name for path in tmp_path.rglob("*")) == [
        "a.parquet",
        "new",
        "part-0.parquet",
        "part-0.parquet",
    ]


def test_a_failed_run_leaves_the_file_of_before(tmp_path: Path) -> None:
    target = tmp_path / "a.parquet"
    target.write_bytes(b"before")
    asked = ASKED.set_column(0, "t", pa.array([1, 2, None]))
    request = zl.FeatureStore().training_set(asked, VIEW, time=zl.Timestamp("t", unit="s"))
    with pytest.raises(zl.RequestError, match="has no time"):
        request.write_parquet(target)
    assert target.read_bytes() == b"before"
    assert list(tmp_path.iterdir()) == [target]
