"""Deadlines of waits, all on one timer: a timer for each would cost more than most requests do."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from typing import Any, Final, TypeVar

T = TypeVar("T")

_LOOKS: Final = 4
"""How often the waits are looked at while a limit passes: one may last a quarter longer than it."""


class Deadlines:
    """Ends what waits too long. For one event loop.

    Args:
        seconds: how long a wait may take.
    """

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._until: dict[asyncio.Task[Any], float] = {}
        self._late: set[asyncio.Task[Any]] = set()
        self._timer: asyncio.TimerHandle | None = None

    async def within(self, awaited: Awaitable[T]) -> T:
        """Wait, one wait at a time in each task.

        Raises:
            TimeoutError: it takes too long.
        """
        task, loop = asyncio.current_task(), asyncio.get_running_loop()
        assert task is not None
        self._until[task] = loop.time() + self._seconds
        if self._timer is None:
            self._timer = loop.call_later(self._seconds / _LOOKS, self._look, loop)
        try:
            return await awaited
        except asyncio.CancelledError:
            if task not in self._late:
                raise
            task.uncancel()
            raise TimeoutError from None
        finally:
            del self._until[task]
            self._late.discard(task)

    def _look(self, loop: asyncio.AbstractEventLoop) -> None:
        now = loop.time()
        for task, until in self._until.items():
            if until <= now and task not in self._late:
                self._late.add(task)
                task.cancel()
        self._timer = loop.call_later(self._seconds / _LOOKS, self._look, loop) if self._until else None
