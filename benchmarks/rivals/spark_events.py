"""Spark: the bare sort of the events, windows by its own RANGE frames, and zipline's features on the same session."""

from __future__ import annotations

from threading import Event, Timer
from typing import TYPE_CHECKING

import zipline as zl
from benchmarks.harness import Contender, Run, threads, timed
from benchmarks.windows import WINDOWS
from zipline.settings import SparkSettings
from zipline.variables import Variables

if TYPE_CHECKING:
    from collections.abc import Callable

    import pyarrow as pa
    from pyspark.sql import DataFrame, SparkSession

    from benchmarks.data import Dataset

SORT = "Spark orderBy key, time"
SHUFFLE = "Spark repartition by key, sortWithinPartitions"
RANGE_SECONDS = 400.0
RANGE_WINDOWS = f"Spark RANGE windows, given up after {RANGE_SECONDS:g} s"


def session() -> SparkSession:
    """Return a session as zipline starts it, with the threads that every contender has."""
    from zipline.engines.spark.session import open_session

    options: dict[str, str | int | float | bool] = {
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
        "spark.driver.memory": "8g",
        "spark.sql.shuffle.partitions": str(4 * threads()),
        "spark.driver.maxResultSize": "4g",
    }
    return open_session(SparkSettings(master=f"local[{threads()}]", options=options), Variables())


def computed(name: str, version: str, frame: Callable[[], DataFrame]) -> Contender:
    """Return a contender whose rows are all computed, and go nowhere."""

    def work() -> Run:
        def write() -> pa.Table | None:
            frame().write.format("noop").mode("overwrite").save()
            return None

        return timed(write)()

    return Contender(name, version, work)


def sort(spark: SparkSession, data: Dataset) -> Contender:
    """Read key, time and amount of the events, and order them by key and time."""
    return computed(SORT, spark.version, lambda: _events(spark, data).orderBy("key", "time"))


def shuffle(spark: SparkSession, data: Dataset) -> Contender:
    """Do of the sort only what a sweep needs: each key in one partition, in the order of time."""
    return computed(
        SHUFFLE,
        spark.version,
        lambda: _events(spark, data).repartition("key").sortWithinPartitions("key", "time"),
    )


def features(spark: SparkSession, data: Dataset, view: zl.FeatureView, name: str, version: str) -> Contender:
    """Compute the features of a view by zipline, on the same session."""
    return computed(name, version, lambda: training(spark, data, view))


def training(spark: SparkSession, data: Dataset, view: zl.FeatureView) -> DataFrame:
    """Return the training set of a view as a DataFrame."""
    asked = spark.read.parquet(data.observation_file)
    return zl.FeatureStore(spark=spark).training_set(asked, view, time="t", engine="spark").to_spark()


def range_windows(spark: SparkSession, data: Dataset) -> Contender:
    """Compute sum, count, min and max over every window with RANGE frames, one microsecond short of each row.

    It is given up after RANGE_SECONDS, which then stand for what it would have taken.
    """
    whole = computed(RANGE_WINDOWS, spark.version, lambda: ranges(spark, data))

    def work() -> Run:
        given_up = Event()

        def give_up() -> None:
            given_up.set()
            spark.sparkContext.cancelAllJobs()

        limit = Timer(RANGE_SECONDS, give_up)
        limit.start()
        try:
            return whole.run()
        except Exception:
            if not given_up.is_set():
                raise
            return Run(RANGE_SECONDS)
        finally:
            limit.cancel()

    return Contender(RANGE_WINDOWS, spark.version, work)


def ranges(spark: SparkSession, data: Dataset) -> DataFrame:
    """Return the features by RANGE frames."""
    parts = ", ".join(
        f"{expression} OVER w_{window} AS {name}_{window}"
        for window in WINDOWS
        for expression, name in (
            ("sum(amount)", "amount_sum"), ("count(amount)", "count"), ("min(amount)", "amount_min"),
            ("max(amount)", "amount_max"),
        )
    )  # fmt: skip
    frames = ", ".join(
        f"w_{window} AS (PARTITION BY key ORDER BY us RANGE BETWEEN {length} PRECEDING AND 1 PRECEDING)"
        for window, length in WINDOWS.items()
    )
    happened = _events(spark, data).selectExpr(
        "key", "unix_micros(time) AS us", "amount", "CAST(NULL AS BIGINT) AS row"
    )
    asked = spark.read.parquet(data.observation_file)
    asked = asked.selectExpr("key", "unix_micros(t) AS us", "CAST(NULL AS DOUBLE) AS amount", "row")
    happened.unionAll(asked).createOrReplaceTempView("rows_of_both")
    return spark.sql(f"SELECT row, {parts} FROM rows_of_both WINDOW {frames}").where("row IS NOT NULL")


def _events(spark: SparkSession, data: Dataset) -> DataFrame:
    return spark.read.parquet(str(data.folder / "events")).select("key", "time", "amount")
