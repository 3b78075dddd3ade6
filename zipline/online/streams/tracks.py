"""Tracks: one partition that a worker reads, and all that is written from it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from zipline.online.calls import NOWHERE
from zipline.online.fills import Fill
from zipline.online.protocol.writing import Writer
from zipline.online.streams.base import Batch, Partition
from zipline.online.streams.decoding import Reading, Said


@dataclass
class Entry:
    """What one partition says to one fill.

    Attributes:
        reading: makes the facts.
        fill, writer: where they go.
        position: up to where it has been written, as far as this worker knows.
    """

    reading: Reading
    fill: Fill
    writer: Writer
    position: int = NOWHERE

    @property
    def log(self) -> str:
        """The log, as the state calls it."""
        return self.writer.log


@dataclass
class Track:
    """A partition that was given to this worker, once.

    Attributes:
        partition: which.
        entries: of each reading its fills.
        of: how many partitions the topic has.
        epoch: how often it was sought; what was read before the last time is dropped.
        sought: the epoch of the records that are read now.
        watermark: of the last batch that was written.
        main: where this one is read apart, as it is far behind, the track that it is to join.
        given: False once the partition was taken away.
        failures: in a row.
    """

    partition: Partition
    entries: list[Entry]
    of: int = 1
    epoch: int = 0
    sought: int = 0
    watermark: int = NOWHERE
    main: Track | None = None
    given: bool = True
    failures: int = field(default=0, repr=False)


@dataclass(frozen=True)
class Load:
    """Ask for a track's positions in the store."""

    track: Track


@dataclass(frozen=True)
class Write:
    """A batch to be written, with what it says to each reading of the track's entries."""

    track: Track
    epoch: int
    batch: Batch
    said: Sequence[tuple[Reading, Said]]


@dataclass(frozen=True)
class Loaded:
    """The answer to `Load`, and what follows whenever the store stands elsewhere: read on from here.

    Attributes:
        behind: entries that are so far behind the others that they are to be read apart; the track lets go of them.
    """

    track: Track
    epoch: int
    position: int
    behind: tuple[Entry, ...] = ()


@dataclass(frozen=True)
class Joined:
    """Say that the main track has taken in what was read apart."""

    track: Track
