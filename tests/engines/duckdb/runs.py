"""Runs over generated events in a process of their own, for what only a process can show."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import zipline

SETUP = """
import sys
from pathlib import Path
import duckdb
import zipline as zl

def generate(folder, events, observations):
    duckdb.sql("SET enable_progress_bar = false")  # a slow machine's would be printed amidst the test's own output
    duckdb.sql(
        f"COPY (SELECT (hash(i) % 20000)::BIGINT AS user, make_timestamp(i::BIGINT * 100000) AS ts, "
        f"hash(i, 1) % 1000 / 7 AS amount, 'k' || hash(i, 2) % 50 AS kind FROM range({events}) t(i)) "
        f"TO '{folder}/events.parquet'"
    )
    duckdb.sql(
        f"COPY (SELECT (hash(i, 3) % 20000)::BIGINT AS user, make_timestamp({events}::BIGINT * 100000) AS t "
        f"FROM range({observations}) t(i)) TO '{folder}/asked.parquet'"
    )

def request(folder, features):
    source = zl.EventSource("events", table=zl.Parquet(f"{folder}/events.parquet"), event_time="ts")
    view = zl.FeatureView("v", entity=zl.Entity("user"), source=source, features=features)
    return zl.FeatureStore(folder).training_set(f"{folder}/asked.parquet", view, time="t")
"""


def start(code: str, folder: Path, **settings: str) -> subprocess.Popen[str]:
    """Start Python code after SETUP, with the folder as a repository and as its first argument."""
    lines = [f"{name} = {value}" for name, value in settings.items()]
    (folder / "zipline.toml").write_text("\n".join(["[duckdb]", *lines]))
    root = Path(zipline.__path__[0]).parent
    return subprocess.Popen(
        [sys.executable, "-c", SETUP + code, str(folder)],
        cwd=root, env=os.environ | {"PYTHONPATH": str(root)}, text=True,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip
