"""The lane of a call: on the event loop while calls are quick, in a thread when they are not.

A read of one entity from a store nearby takes about a tenth of a millisecond, as much as handing it to a thread and
back would add. But one that waits on the event loop keeps every other request waiting: so it is only for calls that
have just been quick, and a store that slows down is called from threads until it is quick again.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from time import perf_counter
from typing import Final, TypeVar

T = TypeVar("T")

FEW: Final = 16
"""Entities that a call on the event loop may be for."""
SLOW: Final = 0.002
"""Seconds: a call on the event loop that took longer was the last one there, until another is quick."""
QUICK: Final = 0.001
THREADS: Final = 16


class Lane:
    """Makes blocking calls for coroutines.

    Args:
        clock: gives seconds.
    """

    def __init__(self, clock: Callable[[], float] = perf_counter) -> None:
        self._clock = clock
        self._direct = True
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
        if self._direct and entities <= FEW:
            start = self._clock()
            try:
                return call()
            finally:
                self._direct = self._clock() - start <= SLOW
        return await self.in_thread(lambda: self._watched(call, entities), seconds)

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

    def _watched(self, call: Callable[[], T], entities: int) -> T:
        start = self._clock()
        answer = call()
        if entities <= FEW and self._clock() - start < QUICK:
            self._direct = True
        return answer
