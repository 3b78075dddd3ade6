"""Logs that a test writes and workers read: in memory, for speed, or topics of a real Kafka."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from random import Random
from typing import Protocol

import numpy as np
from kafka import KafkaProducer

import zipline as zl
from tests.services.kafka import SECONDS, Broker
from zipline.dsl.streams import Stream
from zipline.online.streams.base import Batch, LogReader, Partition
from zipline.online.streams.opening import Channel, Streams
from zipline.settings import KafkaSettings, Settings

PARTITIONS = 2
Clock = Callable[[], int]
"""Microseconds."""


class Logs(Protocol):
    """The logs of some sources, each of `PARTITIONS` partitions."""

    def stream(self, source: str) -> Stream:
        """Return how a source's definition names its log."""

    def append(self, source: str, partition: int, record: bytes) -> int:
        """Append a record, and return when it arrived, in microseconds."""

    def streams(self, folder: Path) -> Streams:
        """Return what a worker opens its readers with."""


class MemoryLogs:
    """Logs in memory.

    Args:
        clock: gives the arrivals; it moves between any two.
        random: cuts batches.
    """

    def __init__(self, clock: Clock, random: Random) -> None:
        self._clock, self._random = clock, random
        self._records: dict[str, list[list[tuple[int, bytes]]]] = {}

    def stream(self, source: str) -> Stream:
        """Return a stream that is fed by calls."""
        self._records[source] = [[] for _ in range(PARTITIONS)]
        return zl.Push()

    def append(self, source: str, partition: int, record: bytes) -> int:
        """Append a record that arrives now."""
        self._records[source][partition].append((self._clock(), record))
        return self._clock()

    def streams(self, folder: Path) -> Streams:
        """Return streams that read these logs in place of files."""
        logs = self

        class InMemory(Streams):
            def reader(self, channel: Channel, group: str | None) -> LogReader:
                return MemoryReader(logs._records[channel.push], logs._clock, logs._random)

        return InMemory(Settings(), folder)


class MemoryReader:
    """Reads a log in batches of any size, some of it again and again."""

    def __init__(self, records: Sequence[Sequence[tuple[int, bytes]]], clock: Clock, random: Random) -> None:
        self._records, self._clock, self._random = records, clock, random
        self._at: dict[Partition, int] = {}
        self._told: dict[Partition, int] = {}

    def subscribe(self, topics: Sequence[str]) -> None:
        """Read all of it."""

    def assign(self, partitions: Sequence[Partition]) -> None:
        """Read all of it."""

    def assignment(self) -> Mapping[Partition, int]:
        """Return all partitions."""
        return dict.fromkeys(self.partitions("push"), 1)

    def partitions(self, topic: str) -> tuple[Partition, ...]:
        """Return all partitions."""
        return tuple(Partition(topic, number) for number in range(len(self._records)))

    def seek(self, partition: Partition, offset: int) -> None:
        """Read from an offset."""
        self._at[partition] = offset
        self._told.pop(partition, None)

    def bounds(self, partitions: Sequence[Partition]) -> Mapping[Partition, tuple[int, int]]:
        """Return where partitions begin and end."""
        return {each: (0, len(self._records[each.number])) for each in partitions}

    def lags(self) -> Mapping[Partition, int]:
        """Return nothing: nobody looks."""
        return {}

    def close(self) -> None:
        """Let go of nothing."""

    def poll(self, timeout: float, rows: int) -> list[Batch]:
        """Return a batch of each partition that has records, and of the others, up to when they have been read."""
        found = [batch for partition in self._at if (batch := self._batch(partition, rows)) is not None]
        if not found:
            time.sleep(0.0005)
        return found

    def _batch(self, partition: Partition, rows: int) -> Batch | None:
        at, records = self._at[partition], self._records[partition.number]
        if self._random.random() < 0.1:
            at = max(at - self._random.randrange(3), 0)
        stop = min(at + self._random.randint(1, rows), len(records))
        watermark = self._clock() if stop == len(records) else records[stop - 1][0]
        if stop == at and self._told.get(partition) == watermark:
            return None
        self._at[partition] = stop
        if stop == len(records):
            self._told[partition] = watermark
        arrivals = np.array([arrival for arrival, _ in records[at:stop]], np.int64)
        values = [value for _, value in records[at:stop]]
        return Batch(partition, at, stop, values, arrivals, np.arange(at, stop), watermark)


class KafkaLogs:
    """Topics of a broker.

    Args:
        clock: up to when quiet partitions have been read.
        arrival: of all records, milliseconds, before the clock begins: the broker's timestamps cannot tell them apart.
    """

    def __init__(self, broker: Broker, clock: Clock, arrival: int) -> None:
        self._broker, self._clock, self._arrival = broker, clock, arrival
        self._topics: dict[str, str] = {}
        self._producer = KafkaProducer(bootstrap_servers=broker.address, acks="all")

    def stream(self, source: str) -> Stream:
        """Return a stream of a topic of its own."""
        self._topics[source] = self._broker.topic(source, PARTITIONS)
        return zl.Kafka(self._topics[source], format="arrow")

    def append(self, source: str, partition: int, record: bytes) -> int:
        """Append a record."""
        topic = self._topics[source]
        sent = self._producer.send(topic, record, b"", partition=partition, timestamp_ms=self._arrival)
        sent.get(SECONDS)
        return self._arrival * 1000

    def streams(self, folder: Path) -> Streams:
        """Return streams that read the topics."""
        options = {"heartbeat_interval_ms": 200, "session_timeout_ms": 6000, "fetch_max_wait_ms": 5}
        kafka = KafkaSettings(bootstrap_servers=self._broker.address, options=options)
        return Streams(
            Settings(kafka=kafka), folder, lambda: self._clock() * 1000 + 500
        )  # as rounding may be down

    def close(self) -> None:
        """Close the producer."""
        self._producer.close()
