"""The same schedules on real stores: each gives the answers that the store in memory gives, and none is wrong."""

from __future__ import annotations

from collections.abc import Callable
from itertools import count
from pathlib import Path

import pytest

from tests.online.simulation.codecs import Double, Real
from tests.online.simulation.scenario import scenario
from tests.online.simulation.servers import Mirrored
from tests.online.simulation.simulation import Simulation, small
from zipline.online.stores.opening import open_store
from zipline.settings import OnlineSettings

SEEDS = 48
Opened = Callable[[], Mirrored]


@pytest.fixture(params=["embedded", "redis_server"])
def opened(request: pytest.FixtureRequest, tmp_path: Path, redis_prefix: str) -> Opened:
    """Return what opens one empty store after another."""
    numbers = count()

    def open_one() -> Mirrored:
        number = next(numbers)
        embedded = request.param == "embedded"
        url = f"embedded:{tmp_path}/{number}" if embedded else request.getfixturevalue(request.param)
        settings = OnlineSettings(prefix=f"{redis_prefix}{number}:", timeout_us=20_000_000)
        return Mirrored(open_store(url, settings))

    return open_one


@pytest.mark.parametrize("start", range(0, SEEDS, 6))
def test_the_same_schedules_on_a_real_store(opened: Opened, start: int) -> None:
    for seed in range(start, start + 6):
        codec = Real() if seed % 2 else Double()
        with small(codec):
            simulation = Simulation(scenario(seed), codec, opened=opened)
            try:
                simulation.run()
            finally:
                simulation.world.servers.close()
