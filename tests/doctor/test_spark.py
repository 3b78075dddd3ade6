"""Spark and its executors, as the doctor finds them."""

from __future__ import annotations

import platform
from pathlib import Path

import pytest

from tests.doctor.conftest import Examined
from tests.services.spark import session
from zipline.doctor import spark
from zipline.doctor.definitions import Opened
from zipline.doctor.finding import Finding
from zipline.engines.spark import executors
from zipline.engines.spark.executors import Executor

HERE = {"zipline-features": "a checkout", "pyarrow": "26.0.1"}


def findings(executor: Executor) -> list[Finding]:
    return list(spark._executor(executor))


def test_executors_say_what_they_have() -> None:
    (found,) = executors.executors(session())
    assert found.python == platform.python_version()
    assert found.broken is None
    assert None not in found.packages.values()
    assert [each.status for each in spark.check_spark(Opened(), 60)] == ["ok", "ok"]


def test_an_executor_without_the_package() -> None:
    (found,) = findings(Executor("far", platform.python_version(), HERE | {"numba": None}, None))
    assert (found.check, found.status, found.message) == ("executor on far", "fault", "has no numba")
    assert "venv-pack" in found.hint


def test_an_executor_with_another_python() -> None:
    first, _ = findings(Executor("far", "3.9.1", HERE, None))
    assert (first.status, first.message[:12]) == ("fault", "Python 3.9.1")


def test_an_executor_that_cannot_load_a_kernel() -> None:
    (found,) = findings(Executor("far", platform.python_version(), HERE, "OSError: read-only"))
    assert (found.status, found.message) == ("fault", "cannot load a kernel: OSError: read-only")


def test_an_executor_with_another_version() -> None:
    (found,) = findings(Executor("far", platform.python_version(), HERE | {"pyarrow": "1.0"}, None))
    assert found.status == "warning"
    assert "pyarrow 1.0, and" in found.message


def test_a_master_that_does_not_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise OSError("connection refused")

    monkeypatch.setattr("zipline.engines.spark.session.open_session", refuse)
    (found,) = spark.check_spark(Opened(), 5)
    assert (found.check, found.status) == ("spark", "fault")
    assert "master" in found.hint


def test_it_is_looked_at_where_it_computes(repo: Path, examined: Examined) -> None:
    assert "spark" not in examined()
    text = (repo / "zipline.toml").read_text()
    (repo / "zipline.toml").write_text('engine = "spark"\n' + text)
    session()
    assert examined()["spark"].status == "ok"
