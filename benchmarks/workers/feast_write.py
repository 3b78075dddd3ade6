"""Write values that somebody has computed into Redis with Feast's SDK; Feast's pins need an environment of their own.

Arguments: the address of the Redis, and how many rows a run writes to each of two views of ten features.
"""

from __future__ import annotations

import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import numpy as np
import pandas as pd
from feast import Entity, FeatureStore, FeatureView, Field, FileSource, RepoConfig, ValueType
from feast.types import Float64

from benchmarks.workers.protocol import serve

BATCH = 10_000
VIEWS = {"spent": 10_000, "sold": 1_000}  # entities
COLUMNS = 10


def store_in(folder: str, address: str) -> FeatureStore:
    """Return a store with two views whose values lie in Redis."""
    config = RepoConfig(
        project="written",
        provider="local",
        registry=f"{folder}/registry.db",
        online_store={"type": "redis", "connection_string": address},
        offline_store={"type": "duckdb"},
        entity_key_serialization_version=3,
    )
    source = FileSource(path=f"{folder}/rows.parquet", timestamp_field="time")
    _rows("spent", 1).to_parquet(f"{folder}/rows.parquet")
    entities = {view: Entity(name=view, join_keys=["key"], value_type=ValueType.INT64) for view in VIEWS}
    views = [
        FeatureView(
            name=view,
            entities=[entity],
            ttl=timedelta(0),
            schema=[Field(name=f"f{column}", dtype=Float64) for column in range(COLUMNS)],
            source=source,
        )
        for view, entity in entities.items()
    ]
    store = FeatureStore(config=config)
    store.apply([*entities.values(), *views])
    return store


def run(store: FeatureStore, count: int) -> dict[str, Any]:
    """Write rows to both views, a batch after another; only the writes are timed."""
    seconds = 0.0
    for _ in range(0, count, BATCH):
        for view in VIEWS:
            rows = _rows(view, BATCH)
            start = time.perf_counter()
            store.write_to_online_store(view, rows)
            seconds += time.perf_counter() - start
    return {"seconds": seconds, "rows": -(-count // BATCH) * BATCH}


def _rows(view: str, count: int) -> pd.DataFrame:
    rng = np.random.default_rng(0)
    rows = pd.DataFrame({"key": rng.integers(0, VIEWS[view], count), "time": datetime.now(UTC)})
    for column in range(COLUMNS):
        rows[f"f{column}"] = rng.normal(size=count)
    return rows


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as place:
        serve(partial(run, store_in(place, sys.argv[1]), int(sys.argv[2])))
