"""Requests of several callers read together: each gets what it would have got alone, its features or its error."""

from __future__ import annotations

import asyncio
import random
from datetime import timedelta
from hashlib import sha1
from typing import Any

import pytest

import zipline as zl
from tests.conformance.plain import exact
from tests.online.client.world import AIRPORTS, CARRIERS, START, World
from zipline.errors import RequestError, StoreUnavailable, ZiplineError
from zipline.online.calls import Call, Compact, Read
from zipline.online.features import Features
from zipline.online.state.keys import shard_number
from zipline.online.stores.memory import MemoryStore

AT = START + timedelta(days=2)


def drawn(seed: int, count: int) -> list[dict[str, Any]]:
    """Return requests: of entities that are there and not, more than once, null in part, and some that are refused."""
    rng = random.Random(seed)
    values: dict[str, list[Any]] = {
        "op_carrier": [*CARRIERS, "ZZ", None, 7], "origin": [*AIRPORTS, "XXX", None],
        "dest": [*AIRPORTS, "YYY", None], "number": [1, 2, 99, "3", "03", None, 0.5],
        "miles": [250.0, 1e3, None, "far"], "cabin": ["Y", "F", None, 3], "carier": ["UA"],
    }  # fmt: skip
    return [
        {
            name: rng.choice(kinds)
            for name, kinds in values.items()
            if rng.random() < (0.9 if name != "carier" else 0.1)
        }
        for _ in range(count)
    ]


def shown(answer: Features | ZiplineError) -> Any:
    if isinstance(answer, ZiplineError):
        return type(answer), str(answer)
    said = answer.statuses, answer.errors, answer.time, answer.freshness, answer.positions, answer.markers
    return answer.service, exact(dict(answer)), said


def alone(client: zl.OnlineClient, service: str, request: dict[str, Any]) -> Features | ZiplineError:
    try:
        return client.get(service, request, at=AT)
    except ZiplineError as error:
        return error


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize("count", [1, 2, 5, 16])
def test_each_has_what_it_would_have_alone(client: zl.OnlineClient, seed: int, count: int) -> None:
    asked = drawn(seed, count)
    found = client.get_each("delay_model", asked, at=AT)
    assert [shown(each) for each in found] == [shown(alone(client, "delay_model", each)) for each in asked]


def test_errors_of_one_request_are_not_the_others(client: zl.OnlineClient) -> None:
    asked = [
        {"carrier": carrier, "extra": extra} for carrier in (*CARRIERS, None) for extra in (1, 2**63 - 1, "x")
    ]
    found = client.get_each("full_model", asked, at=AT)
    assert [shown(each) for each in found] == [shown(alone(client, "full_model", each)) for each in asked]
    assert any(isinstance(each, Features) and each.errors for each in found)
    assert any(isinstance(each, Features) and not each.errors for each in found)


def test_nobody_and_only_requests_that_are_refused(client: zl.OnlineClient) -> None:
    assert client.get_each("delay_model", [], at=AT) == []
    (error,) = client.get_each("delay_model", [{"carier": "UA"}], at=AT)
    assert isinstance(error, RequestError)
    with pytest.raises(RequestError, match="no service"):
        client.get_each("dealy_model", [{}])


def test_a_damaged_document_is_an_error_of_those_who_ask_for_it(own_world: World) -> None:
    (fill,) = own_world.load("small_model")
    shard = fill.shard(shard_number(b"UA", fill.shards))
    (document,) = own_world.online.do(Read(shard, (b"UA",))).documents
    assert document is not None
    assert own_world.online.do(Compact(shard, b"UA", len(document), sha1(document).digest(), document[:-5]))
    asked = [{"op_carrier": carrier} for carrier in ("AA", "UA", None, "B6")]
    with own_world.client() as client:
        found = client.get_each("small_model", asked, at=AT)
        assert [isinstance(each, Features) for each in found] == [True, False, True, True]
        assert [shown(each) for each in found] == [
            shown(alone(client, "small_model", each)) for each in asked
        ]


def test_a_store_that_is_down_is_asked_once(own_world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    own_world.load("small_model")
    with own_world.client() as client:
        client.get("small_model", {})
        asked = 0

        def down(_: MemoryStore, call: Call) -> Any:
            nonlocal asked
            asked += 1
            raise StoreUnavailable("it does not answer")

        monkeypatch.setattr(MemoryStore, "do", down)
        with pytest.raises(StoreUnavailable):
            client.get_each("small_model", [{}, {"op_carrier": "UA"}])
        assert asked == 1


def test_with_asyncio_too(world: World, client: zl.OnlineClient) -> None:
    asked = drawn(9, 6)

    async def read() -> list[Features | ZiplineError]:
        async with zl.AsyncOnlineClient(Awaited(world.online), clock=lambda: world.clock) as twin:
            return await twin.get_each("delay_model", asked, at=AT)

    expected = client.get_each("delay_model", asked, at=AT)
    assert [shown(each) for each in asyncio.run(read())] == [shown(each) for each in expected]


class Awaited:
    """A store as asyncio has it."""

    def __init__(self, store: Any) -> None:
        self._store = store

    async def do(self, call: Call) -> Any:
        return self._store.do(call)

    async def close(self) -> None:
        """Leave it open."""
