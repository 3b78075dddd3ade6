"""A cluster of real, separate executors, one of which is killed while it works."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import polars as pl
import pytest

import zipline as zl
from tests.services.spark_cluster import Cluster, cluster

TASKS = 24
FEATURES = """
import zipline as zl

events = zl.EventSource("events", table=zl.Parquet("events/"), event_time="at", knowledge_time="known", id="id")
by_user = zl.FeatureView(
    "by_user",
    entity=zl.Entity("user"),
    source=events,
    features=[each.over("1d", "20d") for each in (zl.Sum("x"), zl.Count(), zl.LastK("x", 3), zl.CountDistinct("shop"))],
)
by_shop = zl.FeatureView("by_shop", entity=zl.Entity("shop"), source=events, features=[zl.Max("x").over("5d")])
model = zl.FeatureService("model", features=[by_user, by_shop], time="t")
"""
DRIVER = """
import sys, threading, time
import zipline as zl
from zipline.engines.spark.session import open_session

store = zl.FeatureStore("repo")
settings = store._repository.settings
session = open_session(settings.spark, settings.variables)
tracker = session.sparkContext.statusTracker()
finished = threading.Event()

def watch():
    while not finished.is_set():
        for stage in tracker.getActiveStageIds():
            info = tracker.getStageInfo(stage)
            if info and info.numTasks == {tasks} and 2 <= info.numCompletedTasks < {tasks} - 8:
                print("midway", flush=True)
                sys.stdin.readline()
                return
        time.sleep(0.02)

watcher = threading.Thread(target=watch)
watcher.start()
store.training_set("repo/asked.parquet", "model", engine="spark").write_parquet("out")
finished.set()
watcher.join()
print("done", flush=True)
"""


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    with cluster(tmp_path_factory.mktemp("cluster")) as running:
        yield running


@pytest.fixture
def place(tmp_path: Path, running: Cluster) -> Path:
    """Return a folder with a driver, and a repository of events and observations whose engine is the cluster."""
    repo = tmp_path / "repo"
    (repo / "events").mkdir(parents=True)
    random = np.random.default_rng(5)
    count, asked = 60_000, 6_000
    start = np.datetime64("2024-05-01T00:00:00", "us")
    at = start + random.integers(0, 30 * 86_400_000_000, count).astype("timedelta64[us]")
    events = pl.DataFrame(
        {
            "id": random.integers(0, count // 2, count),
            "user": [f"u{each}" for each in random.zipf(1.3, count) % 500],
            "shop": random.integers(0, 40, count),
            "x": np.round(random.lognormal(3.0, 1.0, count), 2),
            "at": at,
            "known": at + random.integers(0, 86_400_000_000, count).astype("timedelta64[us]"),
        }
    )
    for part in range(4):
        events[part::4].write_parquet(repo / "events" / f"{part}.parquet")
    observed = pl.DataFrame(
        {
            "row": np.arange(asked),
            "user": [f"u{each}" for each in random.zipf(1.3, asked) % 500],
            "shop": random.integers(0, 45, asked),
            "t": start + random.integers(0, 30 * 86_400_000_000, asked).astype("timedelta64[us]"),
        }
    )
    observed.write_parquet(repo / "asked.parquet")
    (repo / "features.py").write_text(FEATURES)
    (tmp_path / "driver.py").write_text(DRIVER.format(tasks=TASKS))
    (repo / "zipline.toml").write_text(
        f'engine = "spark"\n[spark]\nmaster = "{running.url}"\n"spark.driver.host" = "127.0.0.1"\n'
        '"spark.executor.memory" = "512m"\n"spark.driver.memory" = "512m"\n"spark.ui.enabled" = false\n'
        f'"spark.sql.adaptive.enabled" = false\n"spark.sql.shuffle.partitions" = {TASKS}\n'
    )
    return tmp_path


def test_an_executor_that_is_killed_in_the_middle_changes_nothing(place: Path, running: Cluster) -> None:
    environment = {**os.environ, "PYSPARK_PYTHON": sys.executable}
    driver = subprocess.Popen(
        [sys.executable, "driver.py"],
        cwd=place,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env=environment,
    )
    assert driver.stdin is not None
    assert driver.stdout is not None
    try:
        assert driver.stdout.readline() == "midway\n"
        executors = running.executors()
        assert len(executors) == 2
        os.kill(executors[0], signal.SIGKILL)
        driver.stdin.write("go on\n")
        driver.stdin.flush()
        assert driver.stdout.readline() == "done\n"
    finally:
        driver.stdin.close()
        driver.stdout.close()
        driver.kill()
        driver.wait()
    found = pl.read_parquet(place / "out" / "*.parquet").sort("row")
    wanted = zl.FeatureStore(place / "repo").training_set(
        place / "repo" / "asked.parquet", "model", engine="duckdb"
    )
    assert found.equals(wanted.to_polars())
