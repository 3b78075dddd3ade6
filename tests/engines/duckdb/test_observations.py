"""Observations come in chunks, in their order, and none of it shows in the answers."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import zipline as zl
from tests.engines.duckdb.small import ASKED, EVENTS, MOMENTS, ask, view
from tests.refusals import refusal
from zipline.engines.duckdb import observations

RNG = np.random.default_rng(11)
MANY = pa.table(
    {
        "user": pa.array([f"u{i}" for i in RNG.integers(0, 40, 3_000)]),
        "ts": pa.array(RNG.integers(0, 10**9, 3_000), MOMENTS),
        "x": RNG.integers(0, 100, 3_000),
    }
)
WANTED = pa.table(
    {
        "user": pa.array([f"u{i}" if i else None for i in RNG.integers(0, 45, 2_000)]),
        "t": pa.array(RNG.integers(0, 10**9, 2_000), MOMENTS),
        "row": np.arange(2_000),
    }
)
FEATURES: list[Any] = [zl.Sum("x").over("10m"), zl.Last("x"), zl.Histogram("x", k=2).over("5m")]


@pytest.fixture
def small_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a chunk have 300 observations."""
    monkeypatch.setattr(observations, "rows_that_fit", lambda *_: 300)


@pytest.mark.usefixtures("small_chunks")
@pytest.mark.parametrize("kind", ["frame", "file"])
def test_chunks_do_not_change_answers(kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pq.write_table(WANTED, tmp_path / "a.parquet", row_group_size=500)
    asked = WANTED if kind == "frame" else str(tmp_path / "a.parquet")
    request = ask(zl.Frame(MANY), FEATURES, asked=asked)
    parts = list(request.batches())
    assert len(parts) > 3
    answer = pa.Table.from_batches(parts)
    assert answer["row"].to_pylist() == list(range(2_000))
    monkeypatch.undo()
    assert answer == request.to_arrow()


@pytest.mark.usefixtures("small_chunks")
@pytest.mark.parametrize("by", [None, "g"])
def test_an_error_counts_observations_through_chunks(by: str | None) -> None:
    events = EVENTS.set_column(2, "x", pa.array([2**63 - 1, 1, 1])).append_column("g", pa.array(["p"] * 3))
    asked = pa.table({"user": ["b"] * 707 + ["a"] + ["b"] * 5, "t": pa.array([10] * 713, MOMENTS)})
    name = "v__x_sum_by_g_7d" if by else "v__x_sum_7d"
    assert refusal(
        ask(zl.Frame(events), [zl.Sum("x", by=by).over("7d")], asked=asked).to_arrow, zl.DataError
    ) == (
        f"feature {name!r}, observation 707: the total of the window is more than an int64 can hold\n"
        "Hint: cast the column to double in select=, or take a shorter window"
    )


@pytest.mark.usefixtures("small_chunks")
def test_a_bad_time_counts_observations_through_chunks() -> None:
    asked = pa.table({"user": ["a"] * 700, "t": ["1970-01-01"] * 650 + ["never"] + ["1970-01-01"] * 49})
    message = refusal(ask(zl.Frame(EVENTS), asked=asked).to_arrow, zl.DataError)
    assert message.startswith("observation 650, column 't': 'never' is not a time")


@pytest.mark.parametrize(
    ("aggregation", "place", "message"),
    [
        (
            zl.Sum("d").over("1d"),
            "feature 'v__d_sum_1d', observation 1",
            "the total of the window is more than a decimal of 38 digits can hold",
        ),
        (
            zl.CountDistinct("x", limit=1),
            "feature 'v__x_count_distinct', observation 1",
            "CountDistinct('x') has 2 distinct values, more than limit=1",
        ),
        (
            zl.Sum("x", by="x", limit=1),
            "feature 'v__x_sum_by_x', observation 1",
            "Sum('x') by 'x' has 2 groups, more than limit=1",
        ),
        (
            zl.Histogram("x", limit=1).over("1d"),
            "feature 'v__x_histogram_1d', observation 1",
            "Histogram('x') has 2 distinct values, more than limit=1",
        ),
        (
            zl.MostFrequent("x", 1, limit=1),
            "feature 'v__x_most_frequent1', observation 1",
            "MostFrequent('x') has 2 distinct values, more than limit=1",
        ),
    ],
)
def test_answers_that_cannot_be_name_feature_and_observation(
    aggregation: Any, place: str, message: str
) -> None:
    digits = pa.array(["9" * 38, "9" * 38, "1"]).cast(pa.decimal128(38, 0))
    asked = pa.table({"user": ["b", "a"], "t": pa.array([10, 10], MOMENTS)})
    request = ask(zl.Frame(EVENTS.append_column("d", digits)), [aggregation], asked=asked)
    assert refusal(request.to_arrow, zl.DataError).startswith(f"{place}: {message}\nHint: ")


def test_no_observations_give_no_rows() -> None:
    request = ask(zl.Frame(EVENTS), asked=ASKED.slice(0, 0))
    answer = request.to_arrow()
    assert answer.schema == request.schema
    assert answer.num_rows == 0


def test_no_observations_in_a_file(tmp_path: Path) -> None:
    pq.write_table(ASKED.slice(0, 0), tmp_path / "a.parquet")
    answer = ask(zl.Frame(EVENTS), asked=str(tmp_path / "a.parquet")).to_arrow()
    assert (answer.num_rows, answer.column_names) == (0, ["user", "t", "v__count", "v__x_sum"])


def test_no_events_give_no_events_values() -> None:
    features = [zl.Count(), zl.Mean("x"), zl.LastK("x", 2), zl.Sum("x", by="user"), zl.Quantile("x", [0.5])]
    answer = ask(zl.Frame(EVENTS.slice(0, 0)), features).to_arrow().to_pylist()
    expected: dict[str, Any] = {
        "v__count": 0,
        "v__x_mean": None,
        "v__x_last2": [],
        "v__x_sum_by_user": None,
        "v__x_q50": None,
    }
    assert [{name: row[name] for name in expected} for row in answer] == [
        expected | {"v__x_sum_by_user": []}
    ] * 3


def test_all_null_columns() -> None:
    rows = EVENTS.set_column(2, "x", pa.nulls(3, pa.int64())).append_column("n", pa.nulls(3))
    features = [zl.Count(), zl.Count("x"), zl.Sum("x"), zl.Min("x"), zl.Last("x", nulls=True), zl.Last("n")]
    answer = ask(zl.Frame(rows), features).to_arrow()
    assert answer["v__count"].to_pylist() == [2, 1, 0]
    assert answer["v__x_count"].to_pylist() == [0, 0, 0]
    for name in answer.column_names[4:]:
        assert answer[name].null_count == 3, name


def test_null_keys_and_times_of_events_are_left_out() -> None:
    rows = pa.table({"user": pa.nulls(2, pa.string()), "ts": pa.nulls(2, MOMENTS), "x": [1, 2]})
    assert ask(zl.Frame(rows)).to_arrow()["v__count"].to_pylist() == [0, 0, 0]


def test_derived_columns_alone() -> None:
    built = view(zl.Frame(EVENTS), [zl.Count(), zl.Derived("twice", "count * 2")])
    answer = zl.FeatureStore().training_set(ASKED, built["twice"], time="t").to_arrow()
    assert answer.column_names == ["user", "t", "v__twice"]
    assert answer["v__twice"].to_pylist() == [4, 2, 0]


def test_a_request_of_derived_columns_over_the_request_alone() -> None:
    service = zl.FeatureService("s", [zl.Derived("twice", "n * 2")], request={"n": "int"}, time="t")
    asked = ASKED.append_column("n", pa.array([1, 2, None]))
    answer = zl.FeatureStore().training_set(asked, service).to_arrow()
    assert answer["twice"].to_pylist() == [2, 4, None]
