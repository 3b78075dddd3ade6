from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.dataset as ds
import pyarrow.parquet as pq
import pytest

from benchmarks import data


def _events(made: data.Dataset) -> pa.Table:
    return ds.dataset(Path(made.event_files).parent).to_table()


def test_events_have_the_size_keys_and_span_that_their_name_says() -> None:
    made = data.events(0.02, seed=0)
    events, asked = _events(made), pq.read_table(made.observation_file)
    assert (events.num_rows, asked.num_rows, made.keys) == (20_000, 2_000, 200)
    assert events.column_names == ["key", "time", "amount", "category"]
    assert pc.min_max(events["key"]).as_py() == {"min": 0, "max": 199}
    assert pc.min_max(events["category"]).as_py() == {"min": 0, "max": 999}
    times = pc.min_max(events["time"].cast(pa.int64())).as_py()
    assert data.START <= times["min"] < times["max"] < data.START + 90 * data.DAY
    assert pc.min(asked["t"].cast(pa.int64())).as_py() >= data.START + 30 * data.DAY


def test_the_hottest_key_has_18_percent_of_the_events() -> None:
    keys = _events(data.events(0.05, seed=0))["key"]
    assert pc.mode(keys)[0].as_py()["count"] / len(keys) == pytest.approx(0.18, abs=0.01)


def test_a_seed_gives_the_same_data_and_another_seed_other_data(cached_in: Path) -> None:
    first = _events(data.events(0.001, seed=1))
    assert not _events(data.events(0.001, seed=2)).equals(first)
    (cached_in / "events-0.001-keys-10-seed-1").rename(cached_in / "put aside")
    assert _events(data.events(0.001, seed=1)).equals(first)


def test_more_rows_than_one_file_holds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(data, "FILE_ROWS", 400)
    made = data.events(0.001, seed=0, knowledge=True)
    assert len(list(Path(made.event_files).parent.iterdir())) == 3
    events = _events(made)
    assert pc.count_distinct(events["id"]).as_py() == 1000


def test_a_tenth_is_late_and_two_percent_are_corrected_later() -> None:
    events = _events(data.events(0.02, seed=0, knowledge=True)).to_pandas()
    first = events.drop_duplicates("id")
    assert len(first) == 20_000
    assert (first["known"] > first["time"]).mean() == pytest.approx(0.10, abs=0.01)
    second = events[events.duplicated("id")].merge(first, on="id", suffixes=("", "_first"))
    assert len(second) == pytest.approx(400, abs=80)
    assert (second["known"] > second["known_first"]).all()


def test_profiles_never_coincide_with_observations() -> None:
    made = data.profiles(1000, 10, observations=50, seed=0)
    events, asked = _events(made), pq.read_table(made.observation_file)
    assert events.num_rows == 1000
    assert set(pc.value_counts(events["key"]).field("counts").to_pylist()) == {10}
    assert not set(events["time"].to_pylist()) & set(asked["t"].to_pylist())
