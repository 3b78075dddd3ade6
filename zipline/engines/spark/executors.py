"""Executors, asked one by one for what they have."""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from zipline.engines.spark.failures import translated
from zipline.engines.spark.session import is_remote

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pyspark.sql import SparkSession

TASKS = 16  # at least; more where the cluster has more cores


@dataclass(frozen=True)
class Executor:
    """One executor.

    Attributes:
        host: where it runs.
        python: the version of its Python.
        packages: package -> version, None where it is missing.
        broken: what goes wrong when a kernel is loaded; nothing where all is well.
    """

    host: str
    python: str
    packages: Mapping[str, str | None]
    broken: str | None


def executors(session: SparkSession) -> list[Executor]:
    """Return what the executors have that took one of many small tasks.

    Raises:
        DataError, RequestError: no task could be run.
    """
    from pyspark import cloudpickle

    from zipline.engines.spark import probe

    cores = TASKS if is_remote(session) else session.sparkContext.defaultParallelism
    tasks = max(TASKS, 2 * cores)
    cloudpickle.register_pickle_by_value(sys.modules[probe.__name__])  # type: ignore[no-untyped-call]
    try:
        with translated():
            frame = session.range(tasks, numPartitions=tasks).mapInArrow(probe.look, "found string")
            rows = [json.loads(row["found"]) for row in frame.collect()]
    finally:
        cloudpickle.unregister_pickle_by_value(sys.modules[probe.__name__])  # type: ignore[no-untyped-call]
    different: dict[tuple[str, int], dict[str, Any]] = {(row["host"], row["executor"]): row for row in rows}
    return [
        Executor(row["host"], row["python"], row["packages"], row.get("broken"))
        for _, row in sorted(different.items())
    ]
