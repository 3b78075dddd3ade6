"""A standalone cluster of Spark's: a master and workers, each a process of its own, with executors that are others."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pyspark

from tests.services.process import start, stop

MASTER = "org.apache.spark.deploy.master.Master"
WORKER = "org.apache.spark.deploy.worker.Worker"
EXECUTOR = b"CoarseGrainedExecutorBackend"
SECONDS = 120.0


@dataclass(frozen=True)
class Cluster:
    """A running cluster.

    Attributes:
        url: of its master.
        workers: how executors' commands name the workers.
    """

    url: str
    workers: list[bytes] = field(default_factory=list)

    def executors(self) -> list[int]:
        """Return the processes of the executors that are alive, oldest first."""
        found = []
        for place in Path("/proc").glob("[0-9]*/cmdline"):
            try:
                command = place.read_bytes()
            except OSError:  # it has just ended
                continue
            if EXECUTOR in command and any(each in command for each in self.workers):
                found.append(int(place.parent.name))
        return sorted(found)


@contextmanager
def cluster(folder: Path, workers: int = 2) -> Iterator[Cluster]:
    """Start a cluster, and stop all of it at the end.

    Args:
        folder: for logs and the workers' files.
        workers: each of one core and 1 GiB.
    """
    home = Path(pyspark.__file__).parent
    os.environ |= {"PYSPARK_PYTHON": sys.executable, "SPARK_HOME": str(home), "SPARK_DAEMON_MEMORY": "256m"}
    with ExitStack() as stack:
        log = folder / "master.log"
        master = _start(stack, home, log, MASTER, "--host", "127.0.0.1", "--port", "0", "--webui-port", "0")
        running = Cluster(_said(master, log, r"Starting Spark master at (spark://\S+)"))
        stack.callback(_end_executors, running)
        for number in range(workers):
            log = folder / f"worker{number}.log"
            size = ("--host", "127.0.0.1", "--cores", "1", "--memory", "1g", "--webui-port", "0")
            worker = _start(
                stack, home, log, WORKER, *size, "--work-dir", str(folder / f"{number}"), running.url
            )
            running.workers.append(_said(worker, log, r"Starting Spark worker (127.0.0.1:\d+)").encode())
            _said(worker, log, r"(Successfully registered with master)")
        yield running


def _start(stack: ExitStack, home: Path, log: Path, *arguments: str) -> subprocess.Popen[bytes]:
    with log.open("wb") as out:
        server = start([home / "bin" / "spark-class", *arguments], log=out, end=signal.SIGKILL)
    stack.callback(stop, server, signal.SIGKILL)
    return server


def _end_executors(running: Cluster) -> None:
    for process in running.executors():
        os.kill(process, signal.SIGKILL)


def _said(server: subprocess.Popen[bytes], log: Path, pattern: str) -> str:
    """Return what a server has said, waiting for it."""
    deadline = time.monotonic() + SECONDS
    while time.monotonic() < deadline and server.poll() is None:
        found = re.search(pattern, log.read_text(errors="replace"))
        if found:
            return found[1]
        time.sleep(0.05)
    raise AssertionError(f"it did not say {pattern!r}:\n{log.read_text(errors='replace')}")
