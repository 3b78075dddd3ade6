"""Spark: can a session be had, and have its executors what tasks need."""

from __future__ import annotations

import platform
from collections.abc import Iterator
from importlib import metadata
from typing import TYPE_CHECKING

from zipline.doctor.definitions import Opened
from zipline.doctor.finding import Finding, fault, within
from zipline.engines.opening import need_pyspark

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

    from zipline.engines.spark.executors import Executor

_SESSION = "is Java 17 or later there, and does the master answer? [spark] master in zipline.toml"
_SHIP = (
    "give executors an environment with it: pack yours with venv-pack, and set spark.archives and "
    "spark.pyspark.python under [spark]; see the guide to Spark"
)


def check_spark(opened: Opened, seconds: float) -> Iterator[Finding]:
    """Say whether a session of Spark can be had, and of each executor whether it could run a task of zipline's.

    Args:
        opened: the repository.
        seconds: how long a session, and then the executors, may take to answer.
    """
    need_pyspark()
    from zipline.engines.spark.executors import executors
    from zipline.engines.spark.session import open_session

    settings = opened.settings
    try:
        session = within(seconds, lambda: open_session(settings.spark, settings.variables))
    except Exception as error:
        yield fault("spark", error, _SESSION)
        return
    yield _version(session)
    try:
        found = within(seconds, lambda: executors(session))
    except Exception as error:
        yield fault("executors", error, _SHIP)
        return
    for each in found:
        yield from _executor(each)


def _version(session: SparkSession) -> Finding:
    version = session.version
    if version.startswith("4."):
        return Finding("spark", "ok", version)
    return Finding("spark", "fault", f"{version}: Spark 4 is needed", "pip install 'zipline-features[spark]'")


def _executor(executor: Executor) -> Iterator[Finding]:
    check = f"executor on {executor.host}"
    here = platform.python_version()
    if executor.python.split(".")[:2] != here.split(".")[:2]:
        yield Finding(
            check, "fault", f"Python {executor.python}, and {here} here: functions cannot be sent between them",
            "set spark.pyspark.python under [spark] to a Python of the same version",
        )  # fmt: skip
    missing = [name for name, version in executor.packages.items() if version is None]
    other = list(_other(executor))
    if missing:
        yield Finding(check, "fault", f"has no {', '.join(missing)}", _SHIP)
    elif executor.broken:
        yield Finding(check, "fault", f"cannot load a kernel: {executor.broken}", _SHIP)
    elif other:
        yield Finding(check, "warning", "; ".join(other), "give executors the packages that are here")
    else:
        said = ", ".join(f"{name} {version}" for name, version in executor.packages.items())
        yield Finding(check, "ok", f"Python {executor.python}, {said}")


def _other(executor: Executor) -> Iterator[str]:
    for name, version in executor.packages.items():
        try:
            own = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
        if version not in (own, "a checkout"):
            yield f"{name} {version}, and {own} here"
