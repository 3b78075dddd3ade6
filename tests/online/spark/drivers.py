"""Drivers of Spark in processes of their own, each with a JVM and executors, all killed together where a test says so.

`python -m tests.online.spark.drivers` is one; what it is to do comes to its standard input.
"""

from __future__ import annotations

import os
import pickle
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from tempfile import mkdtemp

from tests.online.faults.workers import Doomed, Job
from tests.services.spark_kafka import jars
from zipline.dev import Clock
from zipline.engines.spark.session import open_session
from zipline.online.spark.opening import make_spark_worker
from zipline.online.stores.base import Store
from zipline.online.stores.opening import open_store
from zipline.settings import KafkaSettings, OnlineSettings, Settings, SparkSettings

ROOT = Path(__file__).resolve().parents[3]
SECONDS = 120
SPARK = {
    "spark.ui.enabled": "false",
    "spark.driver.memory": "512m",
    "spark.driver.bindAddress": "127.0.0.1",
    "spark.driver.host": "127.0.0.1",
    "spark.driver.extraJavaOptions": "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC",
    "spark.sql.codegen.wholeStage": "false",  # compiling takes longer than a tiny query
    "spark.sql.codegen.factoryMode": "NO_CODEGEN",
}


def spark_options(folder: str | Path) -> dict[str, str]:
    """Return what is told to Spark: its jars, and a folder of its own."""
    return {**SPARK, "spark.jars": jars(), "spark.local.dir": str(folder)}


def work(job: Job, folder: str) -> None:
    """Be a driver until the process is told to end."""
    online = OnlineSettings(
        store=job.url, prefix=job.prefix, shards=job.shards, history_us=job.history, timeout_us=2_000_000
    )
    settings = Settings(
        online=online,
        kafka=KafkaSettings(bootstrap_servers=job.broker, options=dict(job.options)),
        spark=SparkSettings(
            master="local[1]" if job.calls else "local[2]", options=dict(spark_options(folder))
        ),
    )
    session = open_session(settings.spark, settings.variables)
    session.sparkContext.setLogLevel("ERROR")
    store = open_store(job.url, online)
    opened = partial(_opened, job, online, os.getpgid(0))
    worker = make_spark_worker(
        session, opened, settings, Path(job.folder), (), print, Clock(job.clock).now_ns, store=store
    )
    worker.closing.callback(session.stop)
    worker.closing.callback(store.close)
    signal.signal(signal.SIGTERM, lambda *_: worker.stop())
    worker.run()


def _opened(job: Job, online: OnlineSettings, group: int) -> Store:
    store = open_store(job.url, online)
    return store if job.calls is None else Doomed(store, job.calls, job.when, partial(_die, group))


def _die(group: int) -> None:
    """Kill the driver and its JVM, and then this executor's process."""
    os.killpg(group, signal.SIGKILL)
    os.kill(os.getpid(), signal.SIGKILL)


@contextmanager
def driving(job: Job) -> Iterator[subprocess.Popen[bytes]]:
    """Have a driver as long as the block runs; then it is told to end, unless it has."""
    folder = mkdtemp(dir=job.folder)
    with (Path(folder) / "log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "tests.online.spark.drivers"], cwd=ROOT, stdin=subprocess.PIPE,
            stdout=log, stderr=log, start_new_session=True, env={**os.environ, "PYTHONPATH": str(ROOT)},
        )  # fmt: skip
    assert process.stdin is not None
    process.stdin.write(pickle.dumps((job, folder)))
    process.stdin.close()
    try:
        yield process
        process.terminate()
        assert process.wait(SECONDS) in (0, -signal.SIGKILL)
    except BaseException:
        print((Path(folder) / "log").read_text()[-8000:])
        raise
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


if __name__ == "__main__":
    work(*pickle.loads(sys.stdin.buffer.read()))
