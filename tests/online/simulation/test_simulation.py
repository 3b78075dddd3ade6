"""No order of calls, and nothing that goes wrong between two of them, gives a wrong value."""

from __future__ import annotations

import pytest

from tests.online.simulation.codecs import Codec, Double, Real
from tests.online.simulation.scenario import scenario
from tests.online.simulation.shrinking import failure, shrunk, told

SEEDS = 2000
"""Schedules that every run of the tests tries; `python -m tests.online.simulation` tries more."""
REAL_SEEDS = 200
AT_ONCE = 50


@pytest.mark.parametrize("start", range(0, SEEDS, AT_ONCE))
def test_no_schedule_gives_a_wrong_value(start: int) -> None:
    check(range(start, start + AT_ONCE), Double())


@pytest.mark.parametrize("start", range(0, REAL_SEEDS, 20))
def test_no_schedule_gives_a_wrong_value_with_real_documents(start: int) -> None:
    check(range(start, start + 20), Real())


def check(seeds: range, codec: Codec) -> None:
    for seed in seeds:
        if failure(scenario(seed), codec) is not None:
            smaller = shrunk(scenario(seed), codec)
            pytest.fail(f"seed {seed} of the simulation, made smaller:\n{told(smaller, codec)}")
