"""A world whose reads are logged, and what had been applied to it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from tests.online.client.world import START, World
from zipline.dsl.feature_service import FeatureService
from zipline.online.feature_log import FeatureLog
from zipline.online.logged_reads import LoggedReads, read_log
from zipline.online.replay import Applied, Replayer
from zipline.online.service_state import ServiceState
from zipline.online.state.view_state import ViewState
from zipline.online.stores.memory import MemoryStore
from zipline.online.streams.facts import FactMaker
from zipline.online.verify import Verified, verify
from zipline.time import to_micros

ASKED: Sequence[dict[str, Any]] = [
    {"op_carrier": "UA", "origin": "JFK", "dest": "LAX", "number": 1, "miles": 2.5, "cabin": "Y"},
    {"op_carrier": "7", "origin": "SFO", "dest": None, "number": 99, "miles": 0.0, "cabin": None},
    {"op_carrier": None, "origin": "XXX", "dest": "ORD", "number": None, "miles": None, "cabin": "F"},
]
HOURS = (3.0, 20.5, 47.25, 60.0)


@dataclass
class Logged:
    """A world, and a log of what was read in it.

    Attributes:
        world: whose flights are in an online store.
        place: of the log.
    """

    world: World
    place: Path

    def read(
        self, hours: Sequence[float], asked: Sequence[dict[str, Any]] = ASKED, service: str = "delay_model"
    ) -> None:
        """Read requests one by one, and all together, at hours after the beginning, and log them."""
        log = FeatureLog(str(self.place))
        for each in hours:
            self.world.clock = to_micros(START + timedelta(hours=each))
            with self.world.client() as client:
                state = client.service(service)
                for request in asked:
                    log.offer(state, request, client.get(service, request))
                log.offer_many(asked, client.answer(service, asked))
        log.close()

    def reads(self, service: str = "delay_model") -> LoggedReads:
        """Return what the log holds of a service's only version."""
        (reads,) = read_log(str(self.place), service)
        return reads

    def train(self, observations: pa.Table, wanted: FeatureService | str, time: str) -> pa.Table:
        """Compute a training set."""
        return self.world.store.training_set(observations, wanted, time=time).to_arrow()

    def replayer(self, applied: Callable[..., Sequence[Applied]] | None = None) -> Replayer:
        """Return what computes reads again."""
        with self.world.client() as client:
            state: ServiceState = client.service("delay_model")
        record = self.world.store.versions("delay_model")[-1]
        assert isinstance(record.definition, FeatureService)
        return Replayer(state, record.definition, applied or self.applied, self.train)

    def applied(
        self, state: ViewState, cut: int | None, entities: frozenset[bytes], earliest: int
    ) -> Sequence[Applied]:
        """Return all flights as they came."""
        rows = self.world.rows
        arrivals, positions = np.zeros(len(rows), np.int64), np.arange(len(rows))
        return [
            Applied(FactMaker(state, 0).facts(rows, arrivals, positions).facts, "flights:push:0", len(rows))
        ]

    def verify(self, reads: LoggedReads | None = None) -> Verified:
        """Verify what was logged."""
        found = reads or self.reads()
        return verify(found, self.compute, self.replayer().as_applied)

    def compute(self, reads: LoggedReads) -> pa.Table:
        """Return the training set of reads."""
        return self.train(reads.observations, reads.service, reads.time)


@pytest.fixture
def logged(tmp_path: Path) -> Logged:
    """Return a world without any flight applied yet."""
    return Logged(World(tmp_path / "shop", MemoryStore()), tmp_path / "reads")


@pytest.fixture(scope="session")
def served(tmp_path_factory: pytest.TempPathFactory) -> Logged:
    """Return a world with all flights applied, and reads of it: not to be changed."""
    folder = tmp_path_factory.mktemp("served")
    made = Logged(World(folder / "shop", MemoryStore()), folder / "reads")
    made.world.load("delay_model")
    made.read(HOURS)
    return made
