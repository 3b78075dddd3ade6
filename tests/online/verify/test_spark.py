"""`zipline verify --engine spark`: the training sets that reads are compared with are Spark's."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import zipline as zl
from tests.online.verify.conftest import Logged
from tests.online.verify.test_verify import changed
from tests.services import spark
from zipline.cli import main
from zipline.engines.duckdb.database import Database
from zipline.engines.spark.engine import SparkEngine
from zipline.online.applied_events import AppliedEvents
from zipline.online.state.view_state import view_state
from zipline.online.streams.opening import Streams
from zipline.online.verify import NotReplayed
from zipline.registry.folder import open_folder
from zipline.registry.registry import Registry
from zipline.settings import DuckDBSettings, Settings


def test_the_same_counts_on_both_engines(
    served: Logged, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    reads = changed(served.reads(), "carriers__count_1d", 7, -1)
    folder = tmp_path / "reads" / "delay_model@1"
    folder.mkdir(parents=True)
    pq.write_table(reads.table, folder / "changed.parquet")
    monkeypatch.setattr("zipline.online.verifying.AppliedEvents", lambda *_: served.applied)
    trained = []
    run = SparkEngine.run

    def noted(*arguments: object) -> object:
        trained.append(arguments)
        return run(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(SparkEngine, "run", noted)
    store = zl.FeatureStore(served.world.folder, spark=spark.session())
    here = store.verify("delay_model", tmp_path / "reads")
    assert not trained
    assert store.verify("delay_model", tmp_path / "reads", engine="spark") == here
    assert len(trained) == 1  # what differs is computed again on this machine
    words = ["delay_model", "--log", str(tmp_path / "reads"), "--repo", str(served.world.folder)]
    assert main(["verify", *words, "--engine", "spark"]) == 1
    assert "23 reads" not in capsys.readouterr().out
    assert len(trained) == 2


MODULE = """
import zipline as zl

orders = zl.EventSource("orders", table=zl.SparkTable("verified_orders"), event_time="at")
spending = zl.FeatureView(
    "spending", entity=zl.Entity("user"), source=orders, online=True, features=[zl.Count().over("1d")]
)
"""


def test_events_of_a_table_of_spark_are_not_replayed(tmp_path: Path) -> None:
    times = pa.array([1_000_000], pa.timestamp("us", tz="UTC"))
    frame = spark.session().createDataFrame(pa.table({"user": ["ann"], "at": times}))
    frame.createOrReplaceTempView("verified_orders")
    (tmp_path / "zipline.toml").write_text('engine = "spark"\n')
    (tmp_path / "features.py").write_text(MODULE)
    zl.FeatureStore(tmp_path, spark=spark.session()).apply()
    state = view_state(Registry(open_folder("registry", tmp_path)).record("view", "spending", 1))
    with Database(DuckDBSettings(), tmp_path) as database:
        applied = AppliedEvents(database, Streams(Settings(), tmp_path))
        with pytest.raises(NotReplayed, match="source 'orders': only Spark reads its table"):
            applied(state, 5, frozenset(), 0)
