"""Pushed rows: checked before any is taken, durable when acknowledged."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pyarrow as pa
import pytest

import zipline as zl
from zipline.errors import ConfigError, RequestError
from zipline.online.streams.decode.base import MOST_ROWS
from zipline.online.streams.push_log import PushLog

MODULE = """
import zipline as zl

BOTH = {"user": "string", "at": "timestamp"}

clicks = zl.EventSource(
    "clicks", stream=zl.Push(), event_time="at",
    schema={"user": "string", "seconds": "double", "at": "timestamp", "tags": "string[]", "n": "bigint"},
)
readers = zl.FeatureView(
    "readers", entity=zl.Entity("user"), source=clicks, online=True,
    features=[zl.Sum("seconds").over("1d"), zl.Last("tags").over("1d"), zl.Max("n").over("1d")],
)
landed = zl.EventSource("landed", stream=zl.Kafka("landed"), event_time="at", schema=BOTH)
unread = zl.EventSource("unread", stream=zl.Push(), event_time="at", schema=BOTH)
others = [
    zl.FeatureView(name, entity=zl.Entity("user"), source=source, features=[zl.Count().over("1d")])
    for name, source in (("arrivals", landed), ("idle", unread))
]
arrivals, idle = others
"""
NOON = datetime(2013, 1, 5, 12, tzinfo=UTC)
TEXT = "2013-01-05T12:00:00Z"


@pytest.fixture
def store(tmp_path: Path) -> zl.FeatureStore:
    (tmp_path / "zipline.toml").write_text('[push]\nfolder = "pushed"\n')
    (tmp_path / "features.py").write_text(MODULE)
    found = zl.FeatureStore(tmp_path)
    found.apply()
    return found


def logged(folder: Path) -> list[dict[str, Any]]:
    log = PushLog(folder / "pushed", "clicks")
    records = [value for *_, value in log.read(0, 100)]
    log.close()
    rows: list[dict[str, Any]] = []
    for record in records:
        with pa.ipc.open_stream(record) as stream:
            rows += stream.read_all().to_pylist()
    return rows


def test_rows_of_every_form(store: zl.FeatureStore, tmp_path: Path) -> None:
    row = {"user": "ann", "seconds": 1.5, "at": TEXT, "tags": ["a", None], "n": 1}
    assert store.push("clicks", [row, {"user": None, "at": NOON}]) == 2
    assert (
        store.push("clicks", [{"user": "ann", "at": NOON, "seconds": np.float64(2.5), "tags": ("b",)}]) == 1
    )
    table = pa.table({"user": ["bob"], "at": [NOON], "n": pa.array([7], pa.int8()), "other": [1]})
    assert store.push("clicks", table) == 1
    assert store.push("clicks", pl.DataFrame({"user": ["eve"], "at": [NOON], "seconds": [float("nan")]})) == 1
    assert store.push("clicks", []) == 0
    rows = logged(tmp_path)
    assert [each["user"] for each in rows] == ["ann", None, "ann", "bob", "eve"]
    assert {each["at"] for each in rows} == {NOON}
    assert [each["seconds"] for each in rows[:4]] == [1.5, None, 2.5, None]
    assert rows[4]["seconds"] != rows[4]["seconds"]
    assert [each["tags"] for each in rows[:3]] == [["a", None], None, ["b"]]
    assert [each["n"] for each in rows] == [1, None, None, 7, None]


def test_a_call_that_is_repeated_is_taken_once(store: zl.FeatureStore, tmp_path: Path) -> None:
    for _ in range(3):
        assert store.push("clicks", [{"user": "ann", "at": TEXT}] * 2, idempotency_key="call") == 2
    assert len(logged(tmp_path)) == 2


def test_a_large_call_is_several_records_and_taken_once(store: zl.FeatureStore, tmp_path: Path) -> None:
    count = 2 * MOST_ROWS + 1
    table = pa.table({"user": [str(number) for number in range(count)], "at": [NOON] * count})
    for _ in range(2):
        assert store.push("clicks", table, idempotency_key="call") == count
    assert [each["user"] for each in logged(tmp_path)] == table["user"].to_pylist()


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ({"user": "ann"}, "Object missing required field `at`"),
        ({"user": 7, "at": TEXT}, "Expected `str | null`, got `int` - at `$.user`"),
        ({"user": "ann", "at": "soon"}, "column 'at': 'soon' is not a time"),
        ({"user": "ann", "at": TEXT, "seconds": float("nan")}, "JSON has neither NaN nor infinities"),
        ({"user": "ann", "at": TEXT, "tags": [object()]}, "object .* is no value of a row"),
    ],
)
def test_a_row_that_does_not_fit_is_named_and_none_is_taken(
    store: zl.FeatureStore, tmp_path: Path, row: dict[str, Any], reason: str
) -> None:
    with pytest.raises(RequestError, match=reason) as caught:
        store.push("clicks", [{"user": "ann", "at": TEXT}, row])
    assert caught.value.where == "source 'clicks', row 1"
    assert caught.value.hint == "no row of this call was taken"
    assert logged(tmp_path) == []


def test_a_table_that_does_not_fit(store: zl.FeatureStore) -> None:
    with pytest.raises(RequestError, match="column 'user' is int64, not string") as caught:
        store.push("clicks", pa.table({"user": [1], "at": [NOON]}))
    assert caught.value.where == "source 'clicks', rows"
    with pytest.raises(RequestError, match="it has no column 'at'"):
        store.push("clicks", pa.table({"user": ["ann"]}))


def test_sources_that_are_not_pushed_to(store: zl.FeatureStore) -> None:
    with pytest.raises(ConfigError, match="there is no source 'click'") as missing:
        store.push("click", [])
    assert "did you mean 'clicks'?" in str(missing.value.hint)
    with pytest.raises(RequestError, match="is not fed by calls") as other:
        store.push("landed", [])
    assert other.value.hint == "say so in its definition: stream=zl.Push()"
    with pytest.raises(RequestError, match="no view that is read online reads it") as unread:
        store.push("unread", [])
    assert unread.value.hint == "declare one, online=True, and register it: zipline apply"
