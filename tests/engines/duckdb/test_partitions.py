"""Events beyond the limit go through files, and give the same answers."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

import zipline as zl
from zipline.dsl import Aggregation, Windowed
from zipline.engines.duckdb import sweeps
from zipline.engines.duckdb.partitions import FILES, partitions

SCHEMA = pa.schema([("code", pa.int64()), ("value", pa.string())])


FEATURES: list[Aggregation | Windowed | zl.Derived] = [
    zl.Sum("amount").over("1d"),
    zl.LastK(["kind", "amount"], 3).over("2d"),
    zl.Histogram("kind"),
    zl.Count(by="kind").over("3d"),
    zl.Quantile("amount", 0.9).over("7d"),
]


def batches(count: int, rows: int) -> list[pa.RecordBatch]:
    codes = np.random.default_rng(7).integers(0, 500, count * rows)
    return [
        pa.record_batch({"code": part, "value": [f"v{code}" for code in part]}, SCHEMA)
        for part in np.split(codes, count)
    ]


def test_what_fits_never_touches_the_disk(tmp_path: Path) -> None:
    given = batches(3, 100)
    (whole,) = partitions(iter(given), SCHEMA, 1 << 30, tmp_path)
    assert whole.is_whole
    assert pa.table(dict(whole.events)) == pa.Table.from_batches(given).combine_chunks()
    assert not list(tmp_path.iterdir())


def test_what_does_not_fit_is_cut_between_entities(tmp_path: Path) -> None:
    given = batches(10, 1000)
    limit = sum(batch.nbytes for batch in given) // 5
    parts = list(partitions(iter(given), SCHEMA, limit, tmp_path))
    assert len(parts) > 4
    assert all(pa.table(dict(part.events)).nbytes <= limit * 1.1 for part in parts)
    assert [part.first for part in parts] == [0, *(part.last for part in parts[:-1])]
    assert parts[-1].last == FILES
    assert all(part.holds(part.events["code"].to_numpy()).all() for part in parts)
    assert not list(tmp_path.iterdir())
    everything = pa.concat_tables(pa.table(dict(part.events)) for part in parts).sort_by(
        [("code", "ascending")]
    )
    assert everything == pa.Table.from_batches(given).combine_chunks().sort_by([("code", "ascending")])


def test_one_entity_is_never_cut(tmp_path: Path) -> None:
    given = [pa.record_batch({"code": [3] * 1000, "value": ["x" * 50] * 1000}, SCHEMA)] * 4
    parts = [part for part in partitions(iter(given), SCHEMA, 1000, tmp_path) if len(part.events["code"])]
    assert [len(part.events["code"]) for part in parts] == [4000]


def test_no_events_are_one_empty_partition(tmp_path: Path) -> None:
    (whole,) = partitions(iter([]), SCHEMA, 1, tmp_path)
    assert len(whole.events["code"]) == 0


def test_answers_do_not_depend_on_partitions(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(3)
    n, m = 20_000, 3_000
    events = pa.table(
        {
            "user": rng.integers(0, 300, n),
            "ts": pa.array(rng.integers(0, 10**12, n), pa.timestamp("us")),
            "amount": rng.normal(size=n),
            "kind": pa.array([f"k{i}" for i in rng.integers(0, 9, n)]),
        }
    )
    asked = pa.table(
        {"user": rng.integers(0, 310, m), "t": pa.array(rng.integers(0, 10**12, m), pa.timestamp("us"))}
    )
    source = zl.EventSource("events", table=zl.Frame(events), event_time="ts")
    view = zl.FeatureView("v", entity=zl.Entity("user"), source=source, features=FEATURES)
    request = zl.FeatureStore().training_set(asked, view, time="t")
    whole = request.to_arrow()
    monkeypatch.setattr(sweeps, "MOST_EVENT_BYTES", 50_000)
    assert request.to_arrow() == whole
