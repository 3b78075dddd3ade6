"""Waits have a limit each, on one timer."""

from __future__ import annotations

import asyncio

import pytest

from zipline.online.serve.deadlines import Deadlines


async def forever() -> None:
    await asyncio.Event().wait()


def test_a_wait_ends_when_its_time_is_over() -> None:
    async def waits() -> None:
        deadlines = Deadlines(0.02)
        with pytest.raises(TimeoutError):
            await deadlines.within(forever())
        assert asyncio.current_task().cancelling() == 0  # type: ignore[union-attr]
        assert await deadlines.within(asyncio.sleep(0, "there")) == "there"

    asyncio.run(waits())


def test_each_of_many_waits_has_its_own() -> None:
    async def waits() -> list[object]:
        deadlines, come = Deadlines(0.05), asyncio.Event()

        async def wait(comes: bool) -> str:
            await deadlines.within(come.wait() if comes else forever())
            return "there"

        waiting = [asyncio.create_task(wait(number % 2 == 0)) for number in range(6)]
        await asyncio.sleep(0)
        come.set()
        return await asyncio.gather(*waiting, return_exceptions=True)

    found = asyncio.run(waits())
    assert found[::2] == ["there"] * 3
    assert [type(each) for each in found[1::2]] == [TimeoutError] * 3


def test_a_wait_that_somebody_else_cancels_is_cancelled() -> None:
    async def waits() -> None:
        task = asyncio.create_task(Deadlines(60.0).within(forever()))
        await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(waits())
