"""The application in this process, and callers of it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from typing import Any, cast

import httpx
import pytest

from tests.online.serve.stand_in import NoStore, StandIn
from zipline.online.serve.app import App
from zipline.online.serve.metrics import Metrics
from zipline.online.serve.serving import Serving


@pytest.fixture
def client() -> StandIn:
    """Return what stands behind the server."""
    return StandIn()


@pytest.fixture
def serving(client: StandIn) -> Iterator[Serving]:
    """Return a server's parts, to change before it is asked."""
    made = Serving(NoStore(), cast("Any", client), Metrics())
    yield made
    made.lane.close()


Ask = Callable[..., httpx.Response]


@pytest.fixture
def ask(serving: Serving) -> Ask:
    """Return a function that makes one request of the application."""
    app = App(lambda: serving)
    app.start()

    def request(method: str, path: str, **options: Any) -> httpx.Response:
        async def once() -> httpx.Response:
            transport = httpx.ASGITransport(cast("Any", app), raise_app_exceptions=True)
            async with httpx.AsyncClient(transport=transport, base_url="http://zipline") as caller:
                return await caller.request(method, path, **options)

        return asyncio.run(once())

    return request
