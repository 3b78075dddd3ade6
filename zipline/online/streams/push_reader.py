"""Reads the log of a source that is fed by calls; of the processes of one machine one at a time."""

from __future__ import annotations

import fcntl
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from typing import IO, Final

import numpy as np

from zipline.errors import StreamError
from zipline.online.streams.base import Batch, Partition
from zipline.online.streams.push_log import PushLog

PUSH: Final = Partition("push", 0)
_LOOK_SECONDS: Final = 1.0
_NAP_SECONDS: Final = 0.02


class PushReader:
    """Reads a push log.

    Args:
        log: which.
        clock: seconds that only grow.
    """

    def __init__(self, log: PushLog, clock: Callable[[], float] = time.monotonic) -> None:
        self._log, self._clock = log, clock
        self._lock: IO[bytes] | None = None
        self._wanted = self._alone = False
        self._at: int | None = None
        self._end = 0
        self._looked = -_LOOK_SECONDS

    def subscribe(self, topics: Sequence[str]) -> None:
        """Read it as soon as no other process does."""
        self._wanted = True

    def assign(self, partitions: Sequence[Partition]) -> None:
        """Read it, whoever else does."""
        self._alone = True

    def assignment(self) -> Mapping[Partition, int]:
        """Return the log, where it is ours to read."""
        if self._wanted and self._lock is None:
            self._take()
        return {PUSH: 1} if self._alone or self._lock is not None else {}

    def seek(self, partition: Partition, offset: int) -> None:
        """Read from a position.

        Raises:
            StreamError: the log does not reach so far: it is another than the state was made of.
        """
        self._end = self._log.end()
        if offset > self._end:
            raise StreamError(
                f"offset {offset} is to be read, and the log of pushed rows ends at {self._end}",
                where=str(self._log.path),
                hint="it was deleted or put back to an older state: load a new fill with zipline materialize",
            )
        self._at = offset

    def poll(self, timeout: float, rows: int) -> list[Batch]:
        """Return what there is, and every second how far the log is known to be read."""
        until = self._clock() + timeout
        while True:
            found = self._read(rows)
            if found or self._clock() >= until:
                return found
            time.sleep(_NAP_SECONDS)

    def partitions(self, topic: str) -> tuple[Partition, ...]:
        """Return the one partition."""
        return (PUSH,)

    def bounds(self, partitions: Sequence[Partition]) -> Mapping[Partition, tuple[int, int]]:
        """Return where the log begins and ends."""
        return {PUSH: (0, self._log.end())}

    def lags(self) -> Mapping[Partition, int]:
        """Return how many records it is behind the end that was last seen."""
        return {} if self._at is None else {PUSH: max(0, self._end - self._at)}

    def close(self) -> None:
        """Leave the log to others."""
        if self._lock is not None:
            self._lock.close()
        self._log.close()

    def _read(self, rows: int) -> list[Batch]:
        if self._at is None:
            return []
        found = self._log.read(self._at, rows)
        start, nothing = self._at, np.empty(0, np.int64)
        if found:
            self._at = found[-1][0] + 1
            self._end = max(self._end, self._at)
            positions, arrivals, values = zip(*found, strict=True)
            return [
                Batch(PUSH, start, self._at, values, np.array(arrivals), np.array(positions), arrivals[-1])
            ]
        if self._clock() - self._looked < _LOOK_SECONDS:
            return []
        self._looked = self._clock()
        self._end, arrival = self._log.look()
        return [Batch(PUSH, start, start, (), nothing, nothing, arrival)] if self._end == start else []

    def _take(self) -> None:
        lock = self._log.path.with_suffix(".lock").open("wb")
        with suppress(BlockingIOError):
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            self._lock = lock
            return
        lock.close()
