"""The lane of a call: on the event loop while calls are quick, in a thread when they are not.

A read of one entity from a store nearby takes about a tenth of a millisecond, as much as handing it to a thread and
back would add. But one that waits on the event loop keeps every other request waiting: so calls are made there as long
as they are quick on average, and a store that is not is called from threads for a while, longer each time.
"""

from __future__ import annotations

import asyncio
import math
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from time import perf_counter
from typing import Final, TypeVar

T = TypeVar("T")

FEW: Final = 16
"""Entities that a call on the event loop may be for."""
SLOW: Final = 0.004
"""Seconds that calls on the event loop may take on average."""
MOST: Final = 5 * SLOW
"""As so many seconds a call counts that took longer: on a busy machine every process has to wait now and then."""
HICCUP: Final = 0.1
"""Seconds beyond which a call counts as what it took: that was the store."""
FIRST, LONGEST = 0.5, 16.0
"""Seconds that calls are made in threads, the first time and at most."""
_WEIGHT: Final = 1 / 8
"""Of the newest call in the average: one that takes a store's whole time limit is enough to exceed it."""
THREADS: Final = 16


class Lane:
    """Makes blocking calls for coroutines.

    Args:
        clock: gives seconds.
    """

    def __init__(self, clock: Callable[[], float] = perf_counter) -> None:
        self._clock = clock
        self._average = 0.0
        self._threaded_until = -math.inf
        self._pause = FIRST
        self._threads = ThreadPoolExecutor(THREADS, "zipline-serve")

    async def run(self, call: Callable[[], T], entities: int, seconds: float) -> T:
        """Make a call and return its answer.

        Args:
            call: what to do.
            entities: for how many it is.
            seconds: how long it may take in a thread; on the event loop the store's own limit ends it.

        Raises:
            TimeoutError: it took longer; what it does goes on, and is thrown away.
        """
        start = self._clock()
        if entities > FEW or start < self._threaded_until:
            return await self.in_thread(call, seconds)
        try:
            return call()
        finally:
            now = self._clock()
            took = now - start
            self._average += ((took if took > HICCUP else min(took, MOST)) - self._average) * _WEIGHT
            if self._average > SLOW:
                self._leave(now)

    def _leave(self, now: float) -> None:
        """Make calls in threads for a while; for twice as long as before where calls had only just come back."""
        again = now - self._threaded_until < self._pause
        self._pause = min(2 * self._pause, LONGEST) if again else FIRST
        self._threaded_until = now + self._pause
        self._average = 0.0

    async def in_thread(self, call: Callable[[], T], seconds: float) -> T:
        """Make a call that is never quick, such as one that waits for a disk.

        Raises:
            TimeoutError: it took longer than `seconds`.
        """
        async with asyncio.timeout(seconds):
            return await asyncio.get_running_loop().run_in_executor(self._threads, call)

    def close(self) -> None:
        """Let go of the threads, when what they do is done."""
        self._threads.shutdown()
