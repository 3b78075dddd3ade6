"""Run Feast's point-in-time join on its DuckDB offline store; Feast's pins need an environment of their own.

Arguments: the glob of the rows, the file of observations, the file to write the answers to.
"""

from __future__ import annotations

import sys
import tempfile
import time
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow.parquet as pq
from feast import (
    Entity,
    FeatureStore,
    FeatureView,
    Field,
    FileSource,
    RepoConfig,
    ValueType,
    __version__,
)
from feast.types import Float64

from benchmarks.workers.protocol import serve

COLUMNS = [f"f{column}" for column in range(10)]


def store_in(folder: str, rows: str) -> FeatureStore:
    """Return a store of one view over the file ``rows``: ten columns that never expire."""
    config = RepoConfig(
        project="latest",
        provider="local",
        registry=f"{folder}/registry.db",
        online_store={"type": "sqlite", "path": f"{folder}/online.db"},
        offline_store={"type": "duckdb"},
        entity_key_serialization_version=3,
    )
    entity = Entity(name="key", join_keys=["key"], value_type=ValueType.INT64)
    view = FeatureView(
        name="profiles",
        entities=[entity],
        ttl=timedelta(0),
        schema=[Field(name=column, dtype=Float64) for column in COLUMNS],
        source=FileSource(path=rows, timestamp_field="time"),
    )
    store = FeatureStore(config=config)
    store.apply([entity, view])
    return store


def run(store: FeatureStore, observation_file: str, answer_file: str) -> dict[str, Any]:
    """Join once, from Parquet to Arrow."""
    start = time.perf_counter()
    asked: pd.DataFrame = pq.read_table(observation_file).to_pandas().rename(columns={"t": "event_timestamp"})
    answers = store.get_historical_features(
        entity_df=asked, features=[f"profiles:{column}" for column in COLUMNS]
    ).to_arrow()
    seconds = time.perf_counter() - start
    pq.write_table(answers.select(["row", *COLUMNS]), answer_file)
    return {"seconds": seconds, "version": __version__}


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        rows_file = next(Path(sys.argv[1]).parent.glob(Path(sys.argv[1]).name))
        serve(partial(run, store_in(folder, str(rows_file)), sys.argv[2], sys.argv[3]))
