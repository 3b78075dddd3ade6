"""Definitions, events and observations that nobody thought of: the engines agree with the reference to the bit."""

from __future__ import annotations

from hypothesis import HealthCheck, given, settings

from tests.conformance.check import agree
from tests.conformance.engines import Case
from tests.conformance.random_requests import cases


@given(case=cases())
@settings(max_examples=150, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
def test_engines_agree(case: Case) -> None:
    agree(case)
