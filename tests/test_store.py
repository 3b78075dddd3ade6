"""The facade: what it takes for observations, features and times."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.csv as pc
import pyarrow.parquet as pq
import pytest

import zipline as zl
from tests.refusals import refusal

TIMES, KNOWN = (pa.array(micros, pa.timestamp("us")) for micros in ([1, 2, 3], [1, 50, 3]))
EVENTS = pa.table({"user": ["a", "a", "b"], "ts": TIMES, "known": KNOWN})
ASKED = pa.table({"user": ["a", "b"], "t": pa.array([10, 10], pa.timestamp("us"))})
VIEW = zl.FeatureView(
    "v",
    entity=zl.Entity("user"),
    source=zl.EventSource("events", table=zl.Frame(EVENTS), event_time="ts", knowledge_time="known"),
    features=[zl.Count()],
)


def counts(asked: Any, features: Any = VIEW, **options: Any) -> list[int]:
    answer = zl.FeatureStore().training_set(asked, features, **{"time": "t"} | options).to_arrow()
    return [int(value) for value in answer["v__count"].to_pylist()]


def test_observations_are_frames_tables_and_paths(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pq.write_table(ASKED, tmp_path / "a.parquet")
    pc.write_csv(ASKED, tmp_path / "a.csv")
    monkeypatch.chdir(tmp_path)
    (tmp_path / "folder").mkdir()
    pq.write_table(ASKED, tmp_path / "folder" / "part.parquet")
    for asked in (ASKED, zl.Frame(ASKED), "a.parquet", tmp_path / "a.parquet", "a.csv", "folder", "folder/"):
        assert counts(asked) == [1, 1], asked


def test_features_are_views_parts_of_them_services_and_lists() -> None:
    service = zl.FeatureService("s", [VIEW], time="t")
    for features in (VIEW, VIEW["count"], [VIEW], service, [service]):
        assert counts(ASKED, features) == [1, 1]
    assert counts(ASKED, service, time=None) == [1, 1]


def test_as_of_and_hindsight() -> None:
    late = ASKED.set_column(1, "t", pa.array([100, 100], pa.timestamp("us")))
    assert counts(late) == [2, 1]
    assert counts(late, as_of=datetime(1970, 1, 1, 0, 0, 0, 49, tzinfo=UTC)) == [1, 1]
    assert counts(late, as_of="1970-01-01") == [0, 0]
    assert counts(ASKED, hindsight=True) == [2, 1]


@pytest.mark.parametrize(
    ("as_of", "message"),
    [
        ("soon", "'soon' is not a time\nHint: write YYYY-MM-DD"),
        (3, "3 is not a time\nHint: give a datetime, a date"),
    ],
)
def test_times_that_are_none(as_of: Any, message: str) -> None:
    assert message in refusal(lambda: counts(ASKED, as_of=as_of), zl.RequestError)


def test_names_need_a_repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    store = zl.FeatureStore()
    assert (store.services, store.views) == ({}, {})
    message = refusal(lambda: store.training_set(ASKED, "model"), zl.ConfigError)
    assert message == f"there is no service or view 'model' in {tmp_path}\nHint: there are none"
