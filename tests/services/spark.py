"""A Spark of this process for tests: one thread, one session, started at the first call."""

from __future__ import annotations

import atexit
import logging
import os
import sys
from functools import cache
from tempfile import TemporaryDirectory, gettempdir

from pyspark.sql import SparkSession

SETTINGS = {
    "spark.ui.enabled": "false",
    "spark.driver.memory": "1g",
    "spark.driver.extraJavaOptions": "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC",  # many short queries, few cores
    "spark.local.dir": gettempdir(),
    "spark.sql.shuffle.partitions": "1",
    "spark.default.parallelism": "1",
    "spark.sql.adaptive.enabled": "false",
    "spark.sql.ansi.enabled": "true",
    "spark.sql.decimalOperations.allowPrecisionLoss": "false",
    "spark.sql.session.timeZone": "America/St_Johns",  # not UTC, so that what depends on it comes to light
    "spark.sql.codegen.wholeStage": "false",  # compiling takes longer than a tiny query
    "spark.sql.codegen.factoryMode": "NO_CODEGEN",
}


@cache
def session() -> SparkSession:
    """Return the session; it is stopped when the process ends, and its JVM takes its files in the temp folder along."""
    os.environ["PYSPARK_PYTHON"] = sys.executable
    warehouse = TemporaryDirectory(
        prefix="zipline-spark-warehouse-"
    )  # what another run has saved is not in it
    atexit.register(warehouse.cleanup)
    builder = SparkSession.builder.master("local[1]").appName("zipline-tests")
    for name, value in {**SETTINGS, "spark.sql.warehouse.dir": warehouse.name}.items():
        builder = builder.config(name, value)
    spark = builder.getOrCreate()
    spark.sparkContext.setLogLevel("OFF")  # a test that wants an error has it
    logging.getLogger("SQLQueryContextLogger").setLevel(logging.CRITICAL)
    atexit.register(spark.stop)
    return spark
