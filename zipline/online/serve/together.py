"""Reads of one entity that come at the same time, made together: one round trip and one fold serve them all.

A read on the event loop keeps what comes meanwhile waiting. Then several requests are there in one turn of the loop:
from that moment on each waits for the next turn, which reads for all of them. The busier a server is, the larger its
batches, and the less a request costs; a request that comes alone waits for nobody.
"""

from __future__ import annotations

import asyncio
import math
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, Final, Generic, TypeVar

from zipline.online.serve.lane import FEW, Lane

T = TypeVar("T")

MOST: Final = FEW
"""Requests that are read together at most: more would take an event loop too long."""
GATHER_SECONDS: Final = 0.1
"""How long requests are gathered after several have come in one turn."""


class Together(Generic[T]):
    """Gathers requests that ask the same, and makes one call for them. For one event loop.

    Args:
        lane: where calls are made.
        call: answers requests of one service at one instant, each with its answer or its error.
        seconds: how long a call may take.
    """

    def __init__(
        self,
        lane: Lane,
        call: Callable[[str, str | None, Sequence[dict[str, Any]]], Sequence[T | Exception]],
        seconds: float,
    ) -> None:
        self._lane, self._call, self._seconds = lane, call, seconds
        self._waiting: dict[tuple[str, str | None], list[tuple[dict[str, Any], asyncio.Future[T]]]] = {}
        self._reading: set[asyncio.Task[None]] = set()
        self._gathers_until = -math.inf
        self._has_read = False

    async def read(self, service: str, at: str | None, request: dict[str, Any]) -> T:
        """Return the answer to one request.

        Raises:
            Exception: what the call says of this request, or raises.
            TimeoutError: the call took too long.
        """
        loop = asyncio.get_running_loop()
        if loop.time() >= self._gathers_until:
            if not self._has_read:
                self._has_read = True
                loop.call_soon(self._next_turn)
                return await self._alone(service, at, request)
            self._gathers_until = loop.time() + GATHER_SECONDS
        answer: asyncio.Future[T] = loop.create_future()
        waiting = self._waiting.setdefault((service, at), [])
        waiting.append((request, answer))
        if len(waiting) == 1:  # the task begins when all that have come by now have been looked at
            task = loop.create_task(self._read(service, at))
            self._reading.add(task)
            task.add_done_callback(self._reading.discard)
        return await answer

    def _next_turn(self) -> None:
        self._has_read = False

    async def _alone(self, service: str, at: str | None, request: dict[str, Any]) -> T:
        (found,) = await self._lane.run(partial(self._call, service, at, [request]), 1, self._seconds)
        if isinstance(found, Exception):
            raise found
        return found

    async def _read(self, service: str, at: str | None) -> None:
        """Read for all that wait, some at a time."""
        waiting = self._waiting.pop((service, at))
        if len(waiting) > 1:
            self._gathers_until = asyncio.get_running_loop().time() + GATHER_SECONDS
        for start in range(0, len(waiting), MOST):
            batch = [each for each in waiting[start : start + MOST] if not each[1].done()]
            if batch:
                await self._answer(service, at, batch)

    async def _answer(
        self, service: str, at: str | None, batch: Sequence[tuple[dict[str, Any], asyncio.Future[T]]]
    ) -> None:
        found: Sequence[T | Exception]
        try:
            requests = [request for request, _ in batch]
            found = await self._lane.run(
                partial(self._call, service, at, requests), len(batch), self._seconds
            )
        except Exception as error:
            found = [error] * len(batch)
        for (_, answer), each in zip(batch, found, strict=True):
            if answer.done():  # whoever asked has gone
                continue
            if isinstance(each, Exception):
                answer.set_exception(each)
            else:
                answer.set_result(each)
