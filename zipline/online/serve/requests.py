"""Requests: what an ASGI scope says, and a body that is bounded in bytes and time."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from http import HTTPStatus
from typing import Any, TypeVar

import msgspec

from zipline.online.serve.deadlines import Deadlines
from zipline.online.serve.limits import Limits
from zipline.online.serve.responses import Receive, Refusal

T = TypeVar("T")


class ClientGone(Exception):
    """The caller has hung up: there is nobody to answer."""


class Request:
    """A request.

    Args:
        scope: ASGI's.
        receive: gives the parts of its body.
    """

    def __init__(self, scope: Mapping[str, Any], receive: Receive) -> None:
        self.method: str = scope["method"]
        self.path: str = scope["path"]
        self._scope = scope
        self._receive = receive

    @cached_property
    def headers(self) -> dict[bytes, bytes]:
        """Its headers, names in lower case; of several with one name the last."""
        return dict(self._scope["headers"])

    async def json(self, limits: Limits, bodies: Deadlines) -> bytes:
        """Return its body, which must be JSON and within the limits.

        Raises:
            Refusal: it is another type, compressed, too large, or does not come in time.
            ClientGone: the caller has hung up.
        """
        media = self.headers.get(b"content-type", b"").partition(b";")[0].strip().lower()
        if media != b"application/json":  # which no page of another origin can say without asking first
            raise Refusal(
                HTTPStatus.UNSUPPORTED_MEDIA_TYPE, f"the body is of the type {media.decode('latin-1')!r}",
                hint="send JSON, with Content-Type: application/json; with curl, --json '{...}'",
            )  # fmt: skip
        if (coding := self.headers.get(b"content-encoding", b"identity")) != b"identity":
            raise Refusal(
                HTTPStatus.UNSUPPORTED_MEDIA_TYPE, f"the body is compressed with {coding.decode('latin-1')!r}",
                hint="send it as it is",
            )  # fmt: skip
        declared = self.headers.get(b"content-length", b"")
        if declared.isdigit() and int(declared) > limits.body:
            raise _too_large(limits)
        return await self._body(limits, bodies)

    async def _body(self, limits: Limits, bodies: Deadlines) -> bytes:
        message = await self._part(limits, bodies)
        body: bytes = message.get("body", b"")
        if not message.get("more_body", False) and len(body) <= limits.body:
            return body
        parts, size = [body], len(body)
        while message.get("more_body", False) and size <= limits.body:
            message = await self._part(limits, bodies)
            parts.append(message.get("body", b""))
            size += len(parts[-1])
        if size > limits.body:
            raise _too_large(limits)
        return b"".join(parts)

    async def _part(self, limits: Limits, bodies: Deadlines) -> Any:
        try:
            message = await bodies.within(self._receive())
        except TimeoutError:
            raise Refusal(
                HTTPStatus.REQUEST_TIMEOUT, f"the body did not come within {limits.seconds:g} s",
                headers=((b"connection", b"close"),),
            ) from None  # fmt: skip
        if message["type"] == "http.disconnect":
            raise ClientGone
        return message


def understood(decoder: msgspec.json.Decoder[T], body: bytes, what: str, example: str) -> T:
    """Return what a body says.

    Args:
        decoder: of what it must be.
        body: of the request.
        what: how messages call it.
        example: of one.

    Raises:
        Refusal: 400, it is something else.
    """
    try:
        return decoder.decode(body)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise Refusal(
            HTTPStatus.BAD_REQUEST, f"the body is not {what}: {error}", hint=f"such as {example}"
        ) from None


def _too_large(limits: Limits) -> Refusal:
    return Refusal(
        HTTPStatus.REQUEST_ENTITY_TOO_LARGE, f"the body is larger than {limits.body:,} bytes",
        hint="ask in several requests, or raise [serve] max_body", headers=((b"connection", b"close"),),
    )  # fmt: skip
