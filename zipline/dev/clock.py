"""The clock of a development system: the machine's, or a replay's, which shows another time and may run faster."""

from __future__ import annotations

import time
from collections.abc import Callable


class Clock:
    """Tells the time in microseconds, the machine's unless a replay sets it.

    Args:
        start: the time that it shows first; the machine's unless given.
        speed: how many seconds pass on it in one of the machine's; 0: it stands until `set` moves it.
        wall: the machine's clock, nanoseconds.

    >>> clock = Clock(start=5, speed=0)
    >>> clock.set(7)
    >>> clock.now()
    7
    """

    def __init__(
        self, start: int | None = None, speed: float = 1.0, wall: Callable[[], int] = time.time_ns
    ) -> None:
        self._wall, self._speed = wall, speed
        self._began = wall()
        self._start = self._began // 1000 if start is None else start

    def now(self) -> int:
        """Return the time, microseconds since the epoch."""
        return self._start + int((self._wall() - self._began) / 1000 * self._speed)

    def now_ns(self) -> int:
        """Return the time, nanoseconds since the epoch."""
        return self.now() * 1000

    def set(self, micros: int) -> None:
        """Go on from a time; it never goes back."""
        self._start, self._began = max(micros, self.now()), self._wall()
