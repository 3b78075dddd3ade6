"""Definitions, events and observations that nobody thought of: the engines agree with the reference to the bit."""

from __future__ import annotations

from hypothesis import HealthCheck, given, settings

from tests.conformance.check import answers, differences
from tests.conformance.engines import TRAINING_SETS, Case
from tests.conformance.random_requests import cases


@given(case=cases())
@settings(max_examples=150, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
def test_engines_agree(case: Case) -> None:
    given = answers(case, TRAINING_SETS)
    assert not differences("duckdb", given["duckdb"], given["reference"])


@given(case=cases(streamed=True))
@settings(max_examples=40, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
def test_online_reads_agree(case: Case) -> None:
    given = answers(case, ["duckdb", "online"])
    assert not differences("online", given["online"], given["duckdb"])
