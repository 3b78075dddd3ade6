"""Snapshots from files: what is read of the copies, what is left out, and what is said of copies that cannot be."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import zipline as zl
from tests.engines.duckdb.corruption import corrupt
from tests.refusals import refusal

USER = zl.Entity("user")
DAYS = 5


@pytest.fixture
def users(tmp_path: Path) -> Path:
    """Write a hive-partitioned table of daily copies: user 1 moves on the third, 2 is gone on the fourth."""
    for day in range(1, DAYS + 1):
        names = {1: "de" if day < 3 else "fr", 2: "it"} if day < 4 else {1: "fr"}
        rows = pa.table(
            {"user": list(names), "country": list(names.values()), "unused": [f"text {day}"] * len(names)}
        )
        folder = tmp_path / f"ds=2024-01-0{day}"
        folder.mkdir()
        pq.write_table(rows, folder / "part.parquet")
    return tmp_path


def view(table: zl.Table | zl.Parquet, *features: Any, **snapshot: Any) -> zl.FeatureView:
    options = {"date": "ds", "id": "user", **snapshot}
    source = zl.EventSource("users", table=zl.Snapshot(table, **options))
    return zl.FeatureView("v", entity=USER, source=source, features=list(features) or [zl.Last("country")])


def asked(*days: int, user: int = 1) -> pa.Table:
    times = pa.array([(19_722 + day) * 86_400 + 43_200 for day in days], pa.timestamp("s"))
    return pa.table({"user": [user] * len(days), "t": times})


def answer(features: Any, observations: pa.Table, name: str, **options: Any) -> list[Any]:
    found = zl.FeatureStore().training_set(observations, features, time="t", **options).to_arrow()
    return list(found[name].to_pylist())


def test_copies_are_hive_partitions(users: Path) -> None:
    features = view(zl.Parquet(str(users)), columns="country")
    assert answer(features, asked(1, 2, 3, 4, 5, 6), "v__country_last") == [
        None,
        "de",
        "de",
        "fr",
        "fr",
        "fr",
    ]
    assert answer(features, asked(4, 5, user=2), "v__country_last") == ["it", None]


def test_only_the_columns_that_are_compared_are_read(users: Path) -> None:
    features = view(zl.Parquet(str(users)), columns="country")
    for file in users.rglob("*.parquet"):
        corrupt(file, columns=["unused"])
    assert answer(features, asked(4), "v__country_last") == ["fr"]
    with pytest.raises(zl.ZiplineError):
        answer(view(zl.Parquet(str(users))), asked(4), "v__country_last")


def test_copies_that_nobody_may_know_of_are_not_read(users: Path) -> None:
    features = view(zl.Parquet(str(users)), columns="country", delay="2d")
    corrupt(users / "ds=2024-01-05" / "part.parquet")
    corrupt(users / "ds=2024-01-04" / "part.parquet")
    assert answer(features, asked(3, 4), "v__country_last") == ["de", "de"]
    assert answer(features, asked(9), "v__country_last", as_of="2024-01-05T12:00") == ["fr"]
    with pytest.raises(zl.ZiplineError):
        answer(features, asked(9), "v__country_last")


def test_two_rows_of_one_id_name_the_first_copy_and_id(users: Path) -> None:
    rows = pa.table({"user": [3, 3, 2, 2], "country": ["a", "b", "c", "d"], "unused": ["u"] * 4})
    for day in (4, 3):
        pq.write_table(rows, users / f"ds=2024-01-0{day}" / "more.parquet")
    assert refusal(
        lambda: answer(view(zl.Parquet(str(users))), asked(9), "v__country_last"), zl.DataError
    ) == (
        "source 'users': two different rows have the id user=2 in the copy of 2024-01-03\n"
        "Hint: a copy has one row of each id: name what tells these apart in id=, or compare fewer columns="
    )
    snapshot = zl.FeatureStore().snapshot(view(zl.Parquet(str(users))), at="2024-01-09")
    assert "in the copy of 2024-01-03" in refusal(snapshot.to_arrow, zl.DataError)


def test_the_time_of_a_copy_is_shown() -> None:
    rows = pa.table({"ds": ["2024-01-01T06:30"] * 2, "user": [1, 1], "country": ["a", "b"]})
    assert "user=1 in the copy of 2024-01-01 06:30:00" in refusal(
        lambda: answer(view(zl.Frame(rows)), asked(9), "v__country_last"), zl.DataError
    )


def test_a_date_that_is_none_is_named() -> None:
    rows = pa.table({"ds": ["2024-01-01", "soon"], "user": [1, 1], "country": ["a", "b"]})
    assert "source 'users', row 1, column 'ds': 'soon' is not a time" in refusal(
        lambda: answer(view(zl.Frame(rows)), asked(9), "v__country_last"), zl.DataError
    )


def test_rows_without_a_date_an_id_or_a_key_are_counted() -> None:
    rows = pa.table(
        {
            "ds": ["2024-01-01", None, "2024-01-01", "2024-01-02", "2024-01-02"],
            "user": [1, 1, None, 1, 2],
            "country": ["de", "de", "de", None, "de"],
        }
    )
    one = view(zl.Frame(rows))
    by_country = zl.FeatureView(
        "w", entity=zl.Entity("land", keys="country"), source=one.source, features=[zl.Count()]
    )
    observations = asked(9).append_column("country", pa.array(["de"]))
    request = zl.FeatureStore().training_set(observations, [one, by_country], time="t")
    assert request.left_out() == {"users": {"user": 1, "ds": 1, "country": 1}}
    assert request.to_arrow()["w__count"].to_pylist() == [1]


def test_entities_are_those_of_the_copy_that_is_known(users: Path) -> None:
    store, features = zl.FeatureStore(), view(zl.Parquet(str(users)), zl.Last("country"), zl.Count())
    for at, found in (
        ("2024-01-02", []),
        ("2024-01-02T00:00:01", [(1, "de", 1), (2, "it", 1)]),
        ("2024-01-05", [(1, "fr", 1), (2, "it", 1)]),
        ("2024-01-05T00:00:01", [(1, "fr", 1)]),
    ):
        assert store.snapshot(features, at=at).to_polars().drop("at").rows() == found


def test_explain_says_what_is_compared(users: Path) -> None:
    text = zl.FeatureStore().explain(view(zl.Parquet(str(users))))
    assert "Versions by user, where a copy differs from the one before it" in text
    assert f"reads Snapshot(Parquet('{users}')), columns ds, user, country" in text
    assert "a row is a version where one of these changes: country, unused" in text
    nothing = pa.table({"ds": ["2024-01-01"], "user": [1]})
    assert "where one of these changes: nothing but that it is there" in zl.FeatureStore().explain(
        view(zl.Frame(nothing), zl.Count())
    )


def test_copies_that_hold_nothing_but_ids() -> None:
    rows = pa.table({"ds": ["2024-01-01", "2024-01-02", "2024-01-04"], "user": [1, 1, 2]})
    features = view(zl.Frame(rows), zl.Count(), delay="0s")
    assert answer(features, asked(1, 3, 4), "v__count") == [1, 1, 0]
    assert answer(features, asked(1, 3, 4, user=2), "v__count") == [0, 0, 1]
