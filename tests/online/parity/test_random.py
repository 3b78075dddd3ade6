"""Definitions, events and observations that nobody thought of, through workers that die and begin again."""

from __future__ import annotations

import os
import uuid
from contextlib import closing
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from tests.conformance.engines import Case
from tests.conformance.random_requests import cases
from tests.online.parity.logs import KafkaLogs, Logs, MemoryLogs
from tests.online.parity.random_streams import RandomStream
from tests.online.parity.rehearsal import BEGIN, Moving, Rehearsal
from tests.services.kafka import Broker
from zipline.online.stores.base import Store
from zipline.online.stores.memory import MemoryStore
from zipline.online.stores.opening import open_store
from zipline.settings import OnlineSettings

IS_SEARCH = os.environ.get("HYPOTHESIS_PROFILE") == "search"
EXAMPLES, REAL = (2000, 200) if IS_SEARCH else (16, 4)
SEEDS = st.integers(0, 2**32)
ANYTHING = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much]


def asking() -> st.SearchStrategy[Case]:
    """Draw a request that online reads can answer, by somebody."""
    return cases(streamed=True, refused=True).filter(lambda case: len(case.observations) > 0)


def play(case: Case, logs: Logs, store: Store, clock: Moving, random: Random) -> None:
    """Stream a case, and compare what is read of it."""
    with TemporaryDirectory() as folder:
        Rehearsal(RandomStream(case, logs, random), store, clock, Path(folder), random).play()


@given(case=asking(), seed=SEEDS)
@settings(max_examples=EXAMPLES, suppress_health_check=ANYTHING)
def test_streams_in_memory(case: Case, seed: int) -> None:
    random, clock = Random(seed), Moving()
    play(case, MemoryLogs(clock, random), MemoryStore(), clock, random)


@given(case=asking(), seed=SEEDS)
@settings(max_examples=REAL, suppress_health_check=ANYTHING, phases=[Phase.generate])
def test_topics_of_kafka_into_redis(kafka_broker: Broker, redis_server: str, case: Case, seed: int) -> None:
    random, clock = Random(seed), Moving()
    name = f"random-{uuid.uuid4().hex}:"
    store = open_store(redis_server, OnlineSettings(prefix=name, timeout_us=20_000_000))
    with closing(store), closing(KafkaLogs(kafka_broker, clock, BEGIN // 1000)) as logs:
        play(case, logs, store, clock, random)
