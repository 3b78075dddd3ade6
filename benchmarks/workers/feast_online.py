"""Serve stored values with Feast's SDK from Redis; Feast's pins need an environment of their own.

Arguments: the address of the Redis, the file of the requests: a JSON list of lists of keys, the singles first.
"""

from __future__ import annotations

import json
import sys
import tempfile
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from feast import Entity, FeatureStore, FeatureView, Field, FileSource, RepoConfig, ValueType, __version__
from feast.types import Float64

from benchmarks.latency import percentiles
from benchmarks.workers.protocol import serve

VIEWS, COLUMNS = 5, 10


def names(view: int) -> list[str]:
    """Return the features of a view; Feast wants other names in each."""
    return [f"f{view}{column}" for column in range(COLUMNS)]


FEATURES = [f"view{view}:{name}" for view in range(VIEWS) for name in names(view)]
WARM_UP = 20


def store_in(folder: str, address: str, keys: list[int]) -> FeatureStore:
    """Return a store whose Redis holds 50 values in 5 views for each key."""
    config = RepoConfig(
        project="online",
        provider="local",
        registry=f"{folder}/registry.db",
        online_store={"type": "redis", "connection_string": address},
        offline_store={"type": "duckdb"},
        entity_key_serialization_version=3,
    )
    entity = Entity(name="key", join_keys=["key"], value_type=ValueType.INT64)
    rng = np.random.default_rng(0)
    rows = pd.DataFrame({"key": keys, "time": datetime(2024, 1, 1, tzinfo=UTC)})
    for name in (name for view in range(VIEWS) for name in names(view)):
        rows[name] = rng.normal(size=len(keys))
    rows.to_parquet(f"{folder}/rows.parquet")
    source = FileSource(path=f"{folder}/rows.parquet", timestamp_field="time")
    views = [
        FeatureView(
            name=f"view{view}",
            entities=[entity],
            ttl=timedelta(0),
            schema=[Field(name=name, dtype=Float64) for name in names(view)],
            source=source,
        )
        for view in range(VIEWS)
    ]
    store = FeatureStore(config=config)
    store.apply([entity, *views])
    for view in range(VIEWS):
        store.write_to_online_store(f"view{view}", rows[["key", "time", *names(view)]])
    return store


def run(store: FeatureStore, requests: list[list[int]]) -> dict[str, Any]:
    """Read each request once; return the percentiles of those of each size."""

    def read(keys: list[int]) -> object:
        return store.get_online_features(
            features=FEATURES, entity_rows=[{"key": key} for key in keys]
        ).to_dict()

    answer: dict[str, Any] = {"version": __version__}
    for size in dict.fromkeys(len(each) for each in requests):
        asked = [each for each in requests if len(each) == size]
        for each in asked[:WARM_UP]:
            read(each)
        answer[str(size)] = percentiles(read, asked)
    return answer


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as place:
        wanted: list[list[int]] = json.loads(Path(sys.argv[2]).read_text())
        distinct = sorted({key for each in wanted for key in each})
        serve(partial(run, store_in(place, sys.argv[1], distinct), wanted))
