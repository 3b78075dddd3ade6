"""Spark Connect: what a session of it computes, on a server of its own, in a process of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

SCRIPT = """
import sys

from pyspark.sql import SparkSession

spark = SparkSession.builder.remote("local[1]").config("spark.ui.enabled", "false").config(
    "spark.sql.shuffle.partitions", "2").config("spark.ui.showConsoleProgress", "false").getOrCreate()

import zipline as zl
from tests.engines.spark.test_tables import ASKED, EVENTS, expected, view
from zipline.engines.spark.executors import executors

store = zl.FeatureStore(spark=spark)
wanted = view(zl.Frame(EVENTS))
result = store.training_set(ASKED, wanted, time="t", engine="spark")
assert result.to_arrow() == expected()
assert "MapInArrow" in result.explain()
result.write_parquet("out")

table = view(zl.Frame(spark.createDataFrame(EVENTS.to_arrow())), id="count")
same = zl.FeatureStore().training_set(ASKED, view(zl.Frame(EVENTS), id="count"), time="t").to_arrow()
assert store.training_set(ASKED, table, time="t", engine="spark").to_arrow() == same

asked = spark.createDataFrame(ASKED.to_arrow())
assert store.training_set(asked, wanted, time="t", engine="spark").to_spark().count() == ASKED.height
at = "2024-05-08"
assert store.snapshot(wanted, at=at, engine="spark").to_arrow() == store.snapshot(wanted, at=at).to_arrow()
request = (wanted, "a", "2024-05-01", at)
assert store.timeline(*request, engine="spark").to_arrow() == store.timeline(*request).to_arrow()
assert executors(spark)[0].broken is None
print("all of it")
spark.stop()
"""


def test_a_session_of_connect_computes_all_of_it(tmp_path: Path) -> None:
    environment = {**os.environ, "PYSPARK_PYTHON": sys.executable, "PYTHONPATH": str(Path.cwd())}
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout.strip().endswith("all of it"), done.stderr[-3000:]
