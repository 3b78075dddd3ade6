"""JSON events for Kafka: a topic full of them, and a steady flow of so many a second."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from benchmarks import data
from zipline.time import from_micros

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.services.kafka import Broker

SPAN = data.DAY // 12  # microseconds of event time; recent, so that every window sees some of them
PARTITIONS = 2
_TURN = 0.005  # seconds


def made_events(count: int, seed: int) -> pa.Table:
    """Return events of the two hours that ended an hour ago: `key`, `category`, `amount` and `time`."""
    rng = np.random.default_rng([seed, 9])
    now = time.time_ns() // 1000
    return pa.table({
        "key": data.zipf_keys(rng, count, max(count // 100, 1)),
        "category": rng.integers(0, data.CATEGORIES, count),
        "amount": np.round(rng.lognormal(4.0, 1.0, count), 2),
        "time": pa.array(np.sort(rng.integers(now - SPAN, now - data.DAY // 24, count)), data.TIMESTAMP),
    })  # fmt: skip


def fill(kafka: Broker, topic: str, events: pa.Table) -> None:
    """Write events to a topic, and wait until the broker has them."""
    made = producer(kafka)
    for number, record in enumerate(_records(events)):
        _send(made, topic, record, number % PARTITIONS)
    made.flush()


def record_of(key: int, category: int) -> bytes:
    """Return an event that happens now."""
    moment = from_micros(time.time_ns() // 1000).isoformat().encode()
    return b'{"key":%d,"category":%d,"amount":1.5,"time":"%b"}' % (key, category, moment)


def producer(kafka: Broker) -> Any:
    """Return a producer that waits a moment for more, as they do."""
    from confluent_kafka import Producer

    return Producer({"bootstrap.servers": kafka.address, "linger.ms": 5, "log_level": 0})


class Flow(threading.Thread):
    """Sends events that happen now, until it is told to end.

    Args:
        kafka, topic: where to.
        rate: events a second.

    Attributes:
        sent: how many so far; it may be fewer than `rate` says, as far as this machine can.
    """

    def __init__(self, kafka: Broker, topic: str, rate: int) -> None:
        super().__init__(name="flow", daemon=True)
        self._kafka, self._topic, self._rate = kafka, topic, rate
        self._ended = threading.Event()
        self.sent = 0

    def run(self) -> None:
        """Send what is due, again and again; those that are sent at once have one time."""
        made, rng = producer(self._kafka), np.random.default_rng(3)
        keys = data.zipf_keys(rng, 1 << 16, 10_000).tolist()
        start = time.perf_counter()
        while not self._ended.wait(_TURN):
            due = int((time.perf_counter() - start) * self._rate) - self.sent
            end = record_of(0, 0).partition(b',"amount"')[2]
            for number in range(self.sent, self.sent + due):
                head = b'{"key":%d,"category":%d,"amount"' % (keys[number & 0xFFFF], number % data.CATEGORIES)
                _send(made, self._topic, head + end, number % PARTITIONS)
            self.sent += due
            made.poll(0)
        made.purge()

    def end(self) -> None:
        """Send no more."""
        self._ended.set()
        self.join()


def _records(events: pa.Table) -> Iterator[bytes]:
    times = events["time"].cast(pa.timestamp("us")).cast(pa.string()).to_pylist()
    columns = (events[name].to_pylist() for name in ("key", "category", "amount"))
    for key, category, amount, moment in zip(*columns, times, strict=True):
        yield b'{"key":%d,"category":%d,"amount":%a,"time":"%bZ"}' % (key, category, amount, moment.encode())


def _send(made: Any, topic: str, record: bytes, partition: int) -> None:
    """Send a record, as soon as the producer has room for it."""
    while True:
        try:
            made.produce(topic, record, partition=partition)
        except BufferError:
            made.poll(0.01)
        else:
            return
