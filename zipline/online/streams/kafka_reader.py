"""Topics of Kafka as logs, whichever client reads them: positions, watermarks, and offsets that must be there."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Protocol

import numpy as np
from numpy.typing import NDArray

from zipline.errors import StreamError
from zipline.online.streams.base import Batch, Partition, TryAgain

LOOK_SECONDS: Final = 1.0
"""How often the ends of quiet partitions are asked for."""

REACH: Final = "is the broker up, and are [kafka] bootstrap_servers and the options of security right?"


@dataclass
class Records:
    """Records of one partition as a client gives them; `millis` are their timestamps.

    Attributes:
        stop: the position after them.
    """

    values: Sequence[bytes | None]
    offsets: Sequence[int] | NDArray[np.int64]
    millis: Sequence[int] | NDArray[np.int64]
    stop: int


class Client(Protocol):
    """What is used of a Kafka client, in its own words for partitions.

    Raises:
        StreamError: what it cannot do.
    """

    given: dict[Partition, int]
    """The partitions that it has now, each with how often it got it."""

    def subscribe(self, topics: Sequence[str]) -> None:
        """Join the group; a partition that is given is held until it is sought."""

    def assign(self, partitions: Sequence[Partition]) -> None:
        """Take partitions, held until they are sought."""

    def seek(self, partition: Partition, offset: int) -> None:
        """Read from an offset, and hold no more; a partition that was taken away meanwhile is left alone."""

    def poll(self, timeout: float, rows: int) -> Mapping[Partition, Records]:
        """Return records, and positions that have moved without any."""

    def partitions(self, topic: str) -> tuple[Partition, ...]:
        """Return a topic's partitions."""

    def bounds(self, partitions: Sequence[Partition]) -> Mapping[Partition, tuple[int, int]] | None:
        """Ask for first offsets and ends; None: the broker does not answer in time."""

    def close(self) -> None:
        """Leave the group and close connections."""


class KafkaReader:
    """Reads topics.

    Args:
        client: by which.
        clock: seconds since the epoch.
    """

    def __init__(self, client: Client, clock: Callable[[], float] = time.time) -> None:
        self._client, self._clock = client, clock
        self._at: dict[Partition, int] = {}
        self._ends: dict[Partition, int] = {}
        self._looked = 0.0

    def subscribe(self, topics: Sequence[str]) -> None:
        """Share the partitions of topics with the group."""
        for topic in topics:
            self._client.partitions(topic)
        self._client.subscribe(topics)

    def assign(self, partitions: Sequence[Partition]) -> None:
        """Read these partitions."""
        self._client.assign(partitions)

    def assignment(self) -> Mapping[Partition, int]:
        """Return the partitions that this reader has now, each with how often it got it."""
        return dict(self._client.given)

    def seek(self, partition: Partition, offset: int) -> None:
        """Read from an offset.

        Raises:
            StreamError: the partition does not have it.
        """
        bounds = self._client.bounds([partition])
        if bounds is not None:
            first, end = bounds[partition]
            check_offset(partition, offset, first, end)
            self._ends[partition] = end
        self._at[partition] = offset
        self._client.seek(partition, offset)

    def poll(self, timeout: float, rows: int) -> list[Batch]:
        """Return what there is, and the watermarks of partitions that are read to their ends."""
        found = self._client.poll(timeout, rows)
        self._at = {partition: at for partition, at in self._at.items() if partition in self._client.given}
        batches = [
            self._batch(partition, records) for partition, records in found.items() if partition in self._at
        ]
        now = self._clock()
        if now - self._looked >= LOOK_SECONDS or now < self._looked:
            self._looked = now
            batches += self._quiet([each for each in self._at if each not in found])
        return batches

    def partitions(self, topic: str) -> tuple[Partition, ...]:
        """Return a topic's partitions."""
        return self._client.partitions(topic)

    def bounds(self, partitions: Sequence[Partition]) -> Mapping[Partition, tuple[int, int]]:
        """Return the first offset of each partition, and the one after its last."""
        found = self._client.bounds(partitions)
        if found is None:
            raise TryAgain("the broker does not answer", where="Kafka", hint=REACH)
        return found

    def lags(self) -> Mapping[Partition, int]:
        """Return how many offsets each partition is behind the end that was last seen."""
        return {partition: max(0, self._ends.get(partition, at) - at) for partition, at in self._at.items()}

    def close(self) -> None:
        """Leave the group."""
        self._client.close()

    def _batch(self, partition: Partition, records: Records) -> Batch:
        start, self._at[partition] = self._at[partition], records.stop
        arrivals = np.asarray(records.millis, np.int64) * 1000
        # A producer's clock may be ahead; what has not arrived by our clock cannot be behind us.
        latest = min(int(arrivals[-1]), int(self._clock() * 1e6)) if len(arrivals) else 0
        positions = np.asarray(records.offsets, np.int64)
        return Batch(partition, start, records.stop, records.values, arrivals, positions, latest)

    def _quiet(self, partitions: Sequence[Partition]) -> list[Batch]:
        """Ask where partitions that gave nothing end: one that is read to there has all that arrived before."""
        asked = int(self._clock() * 1e6)
        bounds = self._client.bounds(partitions) if partitions else {}
        if bounds is None:
            return []
        found = []
        for partition, (first, end) in bounds.items():
            at = self._at[partition]
            check_offset(partition, at, first, end)
            self._ends[partition] = end
            if at == end:
                nothing = np.empty(0, np.int64)
                found.append(Batch(partition, at, at, [], nothing, nothing, asked))
        return found


def check_offset(partition: Partition, offset: int, first: int, end: int) -> None:
    """Refuse an offset that a partition, which has those from `first` to `end`, does not have."""
    if not first <= offset <= end:
        topic, number = partition
        raise StreamError(
            f"offset {offset} is to be read, and partition {number} has {first} to {end}",
            where=f"topic {topic!r}",
            hint="it has lost records that were not applied, or is another topic of that name: "
            "load a new fill with zipline materialize",
        )  # fmt: skip
