"""What every log of events does: partitions of a topic, read in order by offset, in batches."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from zipline.errors import StreamError


class TryAgain(StreamError):
    """Something stands in the way that may be gone later; no record is to blame."""


class Partition(NamedTuple):
    """A log: one partition of a topic; the log of a source that is fed by calls is partition 0 of `push`."""

    topic: str
    number: int

    def log(self, source: str) -> str:
        """Return how the state calls it, as the log of one source.

        >>> Partition("flights", 3).log("landed")
        'landed:flights:3'
        """
        return f"{source}:{self.topic}:{self.number}"


@dataclass(frozen=True)
class Batch:
    """Some records of a partition, one after another.

    Attributes:
        partition: whose records they are.
        start, stop: the reader's position before and after; beyond a record's offset where the log has gaps.
        values: of each record; None is a record without one.
        arrivals: int64[n], microseconds: when the log took each in.
        positions: int64[n], the offset of each.
        watermark: microseconds; whatever arrived up to then is before `stop`.
    """

    partition: Partition
    start: int
    stop: int
    values: Sequence[bytes | None]
    arrivals: NDArray[np.int64]
    positions: NDArray[np.int64]
    watermark: int

    def __len__(self) -> int:
        return len(self.values)


class LogReader(Protocol):
    """Reads partitions. Offsets are kept in the state alone: a reader reads where it is told to, once it is told.

    Raises:
        StreamError: the log is out of reach, refuses us, or does not have the offset that is to be read.
    """

    def subscribe(self, topics: Sequence[str]) -> None:
        """Share the partitions of topics with the other readers of the group that it was opened for."""

    def assign(self, partitions: Sequence[Partition]) -> None:
        """Read these partitions, whoever else does."""

    def assignment(self) -> Mapping[Partition, int]:
        """Return the partitions that this reader has now, each with how often it got it: it must be sought again."""

    def seek(self, partition: Partition, offset: int) -> None:
        """Read from an offset; nothing of a partition is read before."""

    def poll(self, timeout: float, rows: int) -> list[Batch]:
        """Return what there is, about so many records at most, once there is any or the seconds are over.

        A batch without records says that the position or the watermark has moved.
        """

    def partitions(self, topic: str) -> tuple[Partition, ...]:
        """Return a topic's partitions."""

    def bounds(self, partitions: Sequence[Partition]) -> Mapping[Partition, tuple[int, int]]:
        """Return the first offset of each partition that is still there, and the one after its last."""

    def lags(self) -> Mapping[Partition, int]:
        """Return how many offsets each partition is behind, as far as is known."""

    def close(self) -> None:
        """Leave the group, and let go of connections and files."""
