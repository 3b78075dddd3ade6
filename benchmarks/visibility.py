"""How soon after it was sent a read would see an event, while many others flow through the same worker."""

from __future__ import annotations

import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.kafka_flow import PARTITIONS, Flow, producer, record_of
from tests.services import process
from zipline.online.calls import Read
from zipline.online.catalog import fills
from zipline.online.markers import parse_marker
from zipline.online.state.keys import encode_key, shard_number
from zipline.online.steps import run
from zipline.online.stores.opening import open_store
from zipline.settings import OnlineSettings
from zipline.types import INT64

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.services.kafka import Broker
    from zipline.online.calls import Shard
    from zipline.online.stores.base import Store

PROBES = 200
PROBE = -1  # a key that no other event has
SETTLE = 3.0  # seconds of flow before the first probe counts
PATIENCE = 120.0  # seconds for the worker to start
SLOW = 10.0  # seconds after which an event has not been seen
EVERY = 0.05  # seconds between two probes
_LOOK = 0.002


@dataclass(frozen=True)
class Visibility:
    """What was seen.

    Attributes:
        seconds: of each probe, ascending; `SLOW` for one that was not seen by then, and it was the last.
        sent, applied: events a second while probes counted.
    """

    seconds: list[float]
    sent: float
    applied: float

    @property
    def reached(self) -> str:
        """Whether the worker kept up, in words."""
        if self.seconds[-1] < SLOW:
            return "yes"
        return f"no: {self.applied:,.0f} events a second were applied of {self.sent:,.0f} that were sent"


def visibility(kafka: Broker, topic: str, rate: int, redis: str, folder: Path) -> Visibility:
    """Start a worker, send it so many events a second, and see how soon single ones are applied.

    Args:
        kafka, topic: where events go.
        rate: events a second beside the probes.
        redis: the address of the online store.
        folder: of the repository; its name is the prefix of the store's keys.
    """
    command = [str(Path(sys.executable).with_name("zipline")), "stream", "--repo", str(folder)]
    store = open_store(redis, OnlineSettings(prefix=f"{folder.name}:", timeout_us=10_000_000))
    flow = Flow(kafka, topic, rate)
    with (folder / "log").open("wb") as log:
        worker = process.start(command, log=log)
        try:
            probes = _Probes(kafka, topic, store)
            probes.seconds(PATIENCE)
            flow.start()
            time.sleep(SETTLE)
            return _measured(flow, probes)
        finally:
            if flow.is_alive():
                flow.end()
            process.stop(worker)
            store.close()


def _measured(flow: Flow, probes: _Probes) -> Visibility:
    start, sent, applied = time.perf_counter(), flow.sent, probes.applied()
    seconds = sorted(_until_slow(probes))
    took = time.perf_counter() - start
    return Visibility(seconds, (flow.sent - sent) / took, (probes.applied() - applied) / took)


def _until_slow(probes: _Probes) -> Iterator[float]:
    for _ in range(PROBES):
        seconds = probes.seconds(SLOW)
        yield seconds
        if seconds >= SLOW:
            return
        time.sleep(EVERY)


class _Probes:
    """Sends single events, and waits until the shard that they belong to has each."""

    def __init__(self, kafka: Broker, topic: str, store: Store) -> None:
        self._topic, self._store = topic, store
        self._producer = producer(kafka)
        deadline = time.monotonic() + PATIENCE
        while not (found := run(fills("spent", 1), store)):
            if time.monotonic() > deadline:
                raise TimeoutError("the worker has not made a fill of view 'spent'")
            time.sleep(EVERY)
        entity = encode_key([PROBE], [INT64])
        assert entity is not None
        self._shard: Shard = found[0].shard(shard_number(entity, found[0].shards))

    def seconds(self, most: float) -> float:
        """Return how long it takes from the call that sends an event until it is applied, `most` where longer."""
        offsets: list[int] = []
        start = time.perf_counter()
        self._producer.produce(
            self._topic, record_of(PROBE, 0), partition=0, on_delivery=lambda _, sent: offsets.append(sent.offset())
        )  # fmt: skip
        self._producer.flush()
        while self._offset(0) <= offsets[0]:
            if time.perf_counter() - start > most:
                return most
            time.sleep(_LOOK)
        return time.perf_counter() - start

    def applied(self) -> int:
        """Return how many events of all partitions have been applied."""
        return sum(max(self._offset(number), 0) for number in range(PARTITIONS))

    def _offset(self, partition: int) -> int:
        marker = self._store.do(Read(self._shard, ())).marker
        logs = parse_marker(marker).logs if marker is not None else {}
        log = f"events:{self._topic}:{partition}"
        return logs[log].offset if log in logs else -1
