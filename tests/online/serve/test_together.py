"""Requests that come at the same time are read together; each gets its own answer."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Callable, Coroutine, Sequence
from typing import Any

import httpx
import pytest

from tests.online.serve.stand_in import StandIn
from zipline.online.serve.app import App
from zipline.online.serve.lane import Lane
from zipline.online.serve.serving import Serving
from zipline.online.serve.together import MOST, Together

Asked = tuple[str, str | None, list[int]]


def together(
    work: Callable[[Together[int]], Coroutine[Any, Any, Any]], fails: Exception | None = None
) -> tuple[Any, list[Asked]]:
    """Return what comes of some work, and which calls were made for it: numbers are doubled, 13 is refused."""
    calls: list[Asked] = []
    lane = Lane()

    def double(service: str, at: str | None, asked: Sequence[dict[str, Any]]) -> list[int | Exception]:
        numbers = [each["n"] for each in asked]
        calls.append((service, at, numbers))
        if fails is not None:
            raise fails
        return [ValueError("13 is not doubled") if n == 13 else 2 * n for n in numbers]

    async def run() -> Any:
        return await work(Together(lane, double, 5.0))

    try:
        return asyncio.run(run()), calls
    finally:
        lane.close()


def test_one_call_for_those_who_ask_the_same() -> None:
    async def work(reads: Together[int]) -> Any:
        asked = [("a", None, 1), ("b", None, 2), ("a", "2024-01-01", 3), ("a", None, 13), ("a", None, 4)]
        tasks = [asyncio.create_task(reads.read(service, at, {"n": n})) for service, at, n in asked]
        return await asyncio.gather(*tasks, return_exceptions=True)

    found, calls = together(work)
    assert [found[0], found[1], found[2], str(found[3]), found[4]] == [2, 4, 6, "13 is not doubled", 8]
    assert calls == [  # the first has come alone, as far as could be known
        ("a", None, [1]), ("b", None, [2]), ("a", "2024-01-01", [3]), ("a", None, [13, 4])
    ]  # fmt: skip


def test_many_are_read_some_at_a_time() -> None:
    async def work(reads: Together[int]) -> Any:
        return await asyncio.gather(*(reads.read("a", None, {"n": 100 + n}) for n in range(2 * MOST + 1)))

    found, calls = together(work)
    assert found == [2 * (100 + n) for n in range(2 * MOST + 1)]
    assert [len(numbers) for *_, numbers in calls] == [1, MOST, MOST]


def test_an_error_of_the_call_is_everybodys() -> None:
    async def work(reads: Together[int]) -> Any:
        asked = (reads.read("a", None, {"n": n}) for n in range(3))
        return await asyncio.gather(*asked, return_exceptions=True)

    error = OSError("it is down")
    assert together(work, error) == ([error] * 3, [("a", None, [0]), ("a", None, [1, 2])])


def test_who_comes_alone_waits_for_nobody() -> None:
    async def work(reads: Together[int]) -> Any:
        found = []
        for n in range(3):
            coroutine = reads.read("a", None, {"n": n})
            with pytest.raises(StopIteration) as ended:
                coroutine.send(None)  # it is answered at once, in the same turn
            found.append(ended.value.value)
            await asyncio.sleep(0)
        return found

    assert together(work) == ([0, 2, 4], [("a", None, [0]), ("a", None, [1]), ("a", None, [2])])


def test_requests_are_gathered_for_a_while_only() -> None:
    async def work(reads: Together[int]) -> Any:
        await asyncio.gather(*(reads.read("a", None, {"n": n}) for n in range(3)))
        assert reads._gathers_until > asyncio.get_running_loop().time()
        reads._gathers_until = asyncio.get_running_loop().time()
        return await reads.read("a", None, {"n": 3})

    assert together(work) == (6, [("a", None, [0]), ("a", None, [1, 2]), ("a", None, [3])])


def test_who_has_gone_is_not_waited_for() -> None:
    async def work(reads: Together[int]) -> Any:
        reads._gathers_until = math.inf
        gone = asyncio.create_task(reads.read("a", None, {"n": 1}))
        stays = asyncio.create_task(reads.read("a", None, {"n": 2}))
        await asyncio.sleep(0)
        gone.cancel()
        return await asyncio.gather(gone, stays, return_exceptions=True)

    (first, second), calls = together(work)
    assert isinstance(first, asyncio.CancelledError)
    assert second == 4
    assert calls == [("a", None, [2])]


def test_requests_over_http_get_their_own_answers(
    serving: Serving, client: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = App(lambda: serving)
    app.start()
    sizes: list[int] = []
    each = client.get_each

    def noted(service: str, requests: Sequence[Any], *, at: str | None = None) -> Any:
        sizes.append(len(requests))
        return each(service, requests, at=at)

    monkeypatch.setattr(client, "get_each", noted)

    async def ask() -> list[httpx.Response]:
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="http://zipline") as caller:
            bodies = [{"keys": {"carrier": "x" * n}} for n in range(6)]
            bodies += [{"keys": {"carier": "UA"}}, {"keys": {"carrier": "bad"}}]
            return await asyncio.gather(
                *(caller.post("/v1/features/delay_model", json=body) for body in bodies)
            )

    answers = asyncio.run(ask())
    assert [answer.status_code for answer in answers] == [200] * 6 + [400, 200]
    assert [answer.json()["values"]["delays__count_1d"] for answer in answers[:6]] == [0, 1, 2, 3, 4, 5]
    assert answers[7].json()["errors"] == {"delays__mean_1d": "overflow"}
    assert max(sizes) > 1
    assert sum(sizes) == 8
