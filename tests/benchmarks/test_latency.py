"""Percentiles of single calls."""

from __future__ import annotations

import pytest

from benchmarks import latency


def test_percentiles_are_those_of_the_calls(monkeypatch: pytest.MonkeyPatch) -> None:
    """Calls that take 1 to 200 seconds of a clock by hand."""
    now = 0.0
    monkeypatch.setattr("benchmarks.latency.time.perf_counter", lambda: now)

    def call(seconds: int) -> None:
        nonlocal now
        now += seconds

    assert latency.percentiles(call, range(1, 201)) == {"p50": 101.0, "p99": 199.0}
