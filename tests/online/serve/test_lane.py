"""Where calls are made: on the event loop while they are quick, in threads when not."""

from __future__ import annotations

import asyncio
import threading

import pytest

from zipline.online.serve.lane import FEW, QUICK, SLOW, Lane


class Clock:
    """Seconds that only move when told."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def test_calls_leave_the_event_loop_when_one_is_slow_and_come_back_when_one_is_quick() -> None:
    clock, here = Clock(), threading.get_ident()
    lane = Lane(clock)

    def call(seconds: float) -> bool:
        clock.now += seconds
        return threading.get_ident() == here

    async def ask(seconds: float, entities: int = 1) -> bool:
        return await lane.run(lambda: call(seconds), entities, 5)

    async def all_of_them() -> list[bool]:
        return [
            await ask(QUICK / 2),
            await ask(QUICK / 2, FEW + 1),
            await ask(SLOW * 2),  # the last one there
            await ask(SLOW * 2),
            await ask(QUICK / 2, FEW + 1),  # of many: says nothing of one
            await ask(QUICK / 2),
            await ask(QUICK / 2),
        ]

    assert asyncio.run(all_of_them()) == [True, False, True, False, False, False, True]
    lane.close()


def test_an_error_is_handed_on_and_slow_ones_count_too() -> None:
    clock = Clock()
    lane = Lane(clock)

    def fail() -> None:
        clock.now += SLOW * 2
        raise ZeroDivisionError(threading.current_thread().name)

    for name in ("MainThread", "zipline-serve_0"):
        with pytest.raises(ZeroDivisionError, match=name):
            asyncio.run(lane.run(fail, 1, 5))
    lane.close()


def test_a_call_in_a_thread_has_a_limit() -> None:
    lane, end = Lane(), threading.Event()
    with pytest.raises(TimeoutError):
        asyncio.run(lane.in_thread(end.wait, 0.01))
    end.set()
    lane.close()
