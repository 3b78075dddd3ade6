"""Definitions, events and observations that nobody thought of: the engines agree with the reference to the bit."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings

from tests.conformance.check import differences
from tests.conformance.engines import ENGINES, LEFT_OUT, Answer, Case
from tests.conformance.random_requests import cases
from zipline.errors import DataError

ANYTHING = [HealthCheck.too_slow, HealthCheck.data_too_large]


def answer(engine: str, case: Case) -> Answer | None:
    """Return an engine's answer; None where it refuses what is beyond a limit."""
    try:
        return ENGINES[engine](case)
    except DataError as error:
        if "limit=" not in str(error):
            raise
        return None


def check(case: Case, engine: str, expected: str) -> None:
    """Compare the answers of two engines, or that neither has one."""
    given, wanted = answer(engine, case), answer(expected, case)
    assert (given is None) == (wanted is None)
    if given is not None and wanted is not None:
        assert not differences(engine, given, wanted)


@given(case=cases(refused=True))
@settings(max_examples=150, suppress_health_check=ANYTHING)
def test_engines_agree(case: Case) -> None:
    check(case, "duckdb", "reference")


@pytest.mark.skipif("spark" in LEFT_OUT, reason="Spark is left out")
@given(case=cases(refused=True))
@settings(max_examples=25, suppress_health_check=ANYTHING)
def test_spark_agrees(case: Case) -> None:
    check(case, "spark", "duckdb")


@given(case=cases(streamed=True, refused=True))
@settings(max_examples=40, suppress_health_check=ANYTHING)
def test_online_reads_agree(case: Case) -> None:
    check(case, "online", "duckdb")
