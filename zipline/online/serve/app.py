"""The ASGI application: finds the route, counts, and turns every error into an answer."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from http import HTTPStatus
from typing import Any, Final, TypeAlias

from zipline.errors import ZiplineError, nearest
from zipline.online.serve import described, pushes, status
from zipline.online.serve.leaving import leave_in_turn, leave_with_parent
from zipline.online.serve.reads import Reads
from zipline.online.serve.requests import ClientGone, Request
from zipline.online.serve.responses import Receive, Refusal, Response, Send, error_response
from zipline.online.serve.serving import Serving

Route: TypeAlias = Callable[[Serving, Request], Awaitable[Response]]

READ: Final = "/v1/features/"
ROUTES: Final[Mapping[str, tuple[str, Route]]] = {
    "/push": ("POST", pushes.push),
    "/v1/services": ("GET", status.services),
    "/healthz": ("GET", status.healthy),
    "/readyz": ("GET", status.ready),
    "/metrics": ("GET", status.metrics),
    "/openapi.json": ("GET", described.document),
    "/docs": ("GET", described.page),
}
_ALWAYS: Final = frozenset({"/healthz", "/readyz", "/metrics"})
"""Answered however busy the server is."""
_LOG: Final = logging.getLogger("zipline.serve")


class App:
    """The application of one worker.

    Args:
        open: opens its parts, when the worker starts; they are closed when it stops.
        linger: seconds between a signal to stop, which `/readyz` tells at once, and the stop.
    """

    def __init__(self, open: Callable[[], Serving], linger: float = 0.0) -> None:
        self._open = open
        self._linger = linger
        self.serving: Serving | None = None
        self._reads: Reads | None = None

    async def __call__(self, scope: Mapping[str, Any], receive: Receive, send: Send) -> None:
        """Answer a request, or start and stop with the server."""
        if scope["type"] == "lifespan":
            await self._live(receive, send)
        elif scope["type"] == "http":
            await self._http(scope, receive, send)
        else:  # a web socket is refused before it is one
            await send({"type": "websocket.close"})

    def start(self) -> Serving:
        """Open the parts."""
        self.serving = self._open()
        self._reads = Reads(self.serving)
        return self.serving

    async def _live(self, receive: Receive, send: Send) -> None:
        await receive()
        try:
            serving = await asyncio.to_thread(self.start)
        except Exception as error:
            _LOG.error("%s", error, exc_info=not isinstance(error, ZiplineError))
            await send({"type": "lifespan.startup.failed", "message": str(error)})
            return
        leave_with_parent()
        leave_in_turn(serving, self._linger)
        try:
            await serving.lane.in_thread(partial(status.warm, serving), serving.limits.seconds)
        except (ZiplineError, TimeoutError) as error:  # the store may come later; until then /readyz says so
            _LOG.warning("not ready yet: %s", error)
        await send({"type": "lifespan.startup.complete"})
        await receive()
        await asyncio.to_thread(serving.close)
        await send({"type": "lifespan.shutdown.complete"})

    async def _http(self, scope: Mapping[str, Any], receive: Receive, send: Send) -> None:
        serving, request = self.serving, Request(scope, receive)
        assert serving is not None
        route = READ if request.path.startswith(READ) else request.path
        serving.active += 1
        try:
            response = await self._answer(serving, request, route)
        except ClientGone:
            return
        except Exception as error:
            response = error_response(error)
        finally:
            serving.active -= 1
        known = route if route == READ or route in ROUTES else "other"
        serving.metrics.answered(known, int(response.status))
        await response.send(send, closing=serving.leaving)

    async def _answer(self, serving: Serving, request: Request, route: str) -> Response:
        if serving.active > serving.limits.requests and route not in _ALWAYS:
            raise Refusal(
                HTTPStatus.SERVICE_UNAVAILABLE, f"{serving.limits.requests} requests are being answered",
                hint="ask again in a moment", headers=((b"retry-after", b"1"),),
            )  # fmt: skip
        if route == READ:
            _check_method(request, "POST")
            assert self._reads is not None
            return await self._reads.answer(request, request.path.removeprefix(READ))
        if route not in ROUTES:
            hint = nearest(route, [f"{READ}SERVICE", *ROUTES])
            raise Refusal(HTTPStatus.NOT_FOUND, f"there is nothing at {route!r}", hint=hint)
        method, answer = ROUTES[route]
        _check_method(request, method)
        return await answer(serving, request)


def _check_method(request: Request, method: str) -> None:
    if request.method != method:
        raise Refusal(
            HTTPStatus.METHOD_NOT_ALLOWED, f"{request.method} is not answered at {request.path!r}",
            hint=f"use {method}", headers=((b"allow", method.encode()),),
        )  # fmt: skip
