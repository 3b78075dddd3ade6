"""Responses: a status, bytes and headers, and the errors that become one."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, MutableMapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Final, TypeAlias

import msgspec

from zipline.errors import DataError, OnlineError, RequestError, StoreUnavailable, StreamError, ZiplineError

Message: TypeAlias = MutableMapping[str, Any]
Receive: TypeAlias = Callable[[], Awaitable[Message]]
Send: TypeAlias = Callable[[Message], Awaitable[None]]
Header: TypeAlias = tuple[bytes, bytes]

JSON: Final = b"application/json"
ARROW: Final = b"application/vnd.apache.arrow.stream"
_RETRY: Final[tuple[Header, ...]] = ((b"retry-after", b"1"),)
_LOG: Final = logging.getLogger("zipline.serve")


@dataclass(frozen=True, slots=True)
class Response:
    """What is answered.

    Attributes:
        media: the content's type.
        headers: those beside the content's type and length.
    """

    status: int
    body: bytes
    media: bytes = JSON
    headers: tuple[Header, ...] = ()

    async def send(self, send: Send, *, closing: bool = False) -> None:
        """Send it by ASGI; `closing` asks the caller to connect anew the next time."""
        headers = [
            (b"content-type", self.media), (b"content-length", b"%d" % len(self.body)), *self.headers
        ]  # fmt: skip
        if closing:
            headers.append((b"connection", b"close"))
        await send({"type": "http.response.start", "status": self.status, "headers": headers})
        await send({"type": "http.response.body", "body": self.body})


class Refusal(ZiplineError):
    """A request that is answered with a status of its own.

    Args:
        status: of HTTP.
        headers: that go with it.
    """

    def __init__(
        self,
        status: int,
        message: str,
        *,
        where: str | None = None,
        hint: str | None = None,
        headers: tuple[Header, ...] = (),
    ) -> None:
        super().__init__(message, where=where, hint=hint)
        self.status = status
        self.headers = headers


def json_response(value: Any, status: int = HTTPStatus.OK) -> Response:
    """Return a JSON document."""
    return Response(status, msgspec.json.encode(value))


def error_response(error: Exception) -> Response:
    """Return what is answered where an error ended a request: `error`, `where` and `hint`.

    An error that zipline did not raise on purpose is written to the log, and tells nothing of itself to the caller.
    """
    match error:
        case Refusal():
            return _told(error, error.status, error.headers)
        case RequestError() | DataError():
            return _told(error, HTTPStatus.BAD_REQUEST)
        case TimeoutError():
            slow = ZiplineError(
                "the answer took longer than the server's limit", hint="ask for fewer entities"
            )
            return _told(slow, HTTPStatus.GATEWAY_TIMEOUT)
        case StoreUnavailable() | StreamError():
            _LOG.warning("%s", error)
            return _told(error, HTTPStatus.SERVICE_UNAVAILABLE, _RETRY)
        case OnlineError():
            _LOG.error("%s", error)
            return _told(error, HTTPStatus.INTERNAL_SERVER_ERROR)
        case _:
            _LOG.error("a request failed", exc_info=error)
            return _told(
                ZiplineError("the server failed", hint="its log says why"), HTTPStatus.INTERNAL_SERVER_ERROR
            )


def _told(error: ZiplineError, status: int, headers: tuple[Header, ...] = ()) -> Response:
    content = {"error": error.message, "where": error.where, "hint": error.hint}
    return Response(status, msgspec.json.encode(content), headers=headers)
