"""One connection to a Redis that all tasks of an event loop share: commands go out as they come, replies in that order.

redis-py gives each task a connection of its own and twice the work; from it we have the Sentinels and the errors.
"""

from __future__ import annotations

import asyncio
import ssl
from collections import deque
from collections.abc import Iterator, Sequence
from typing import Any, Final

import hiredis
from redis.asyncio.retry import Retry
from redis.asyncio.sentinel import Sentinel
from redis.backoff import NoBackoff
from redis.connection import DefaultParser

from zipline.online.stores.redis_address import RedisAddress
from zipline.online.stores.redis_calls import Words
from zipline.online.stores.redis_pools import sentinel_options
from zipline.online.stores.redis_routes import Host

_VERIFY: Final = {"required": ssl.CERT_REQUIRED, "optional": ssl.CERT_OPTIONAL, "none": ssl.CERT_NONE}


class _Asked:
    """Commands that wait for their replies."""

    __slots__ = ("deadline", "future", "number", "replies")

    def __init__(self, future: asyncio.Future[list[Any]], number: int, deadline: float) -> None:
        self.future = future
        self.number = number
        self.deadline = deadline
        self.replies: list[Any] = []


class Wire(asyncio.Protocol):
    """A connection. When it is lost, so are all that wait; whoever comes later makes a new one.

    Args:
        timeout: seconds until the first that waits has its replies; all have the same, so the first decides for all.
    """

    def __init__(self, timeout: float) -> None:
        self.lost = False
        self._timeout = timeout
        self._loop = asyncio.get_running_loop()
        self._waiting: deque[_Asked] = deque()
        self._reader: Any = hiredis.Reader(replyError=DefaultParser.parse_error)
        self._timer: asyncio.TimerHandle | None = None
        self._transport: Any = None  # uvloop's is none of asyncio's classes

    def ask(self, commands: Sequence[Words]) -> asyncio.Future[list[Any]]:
        """Return the replies to commands, refusals as errors of redis-py's among them.

        Raises:
            OSError, hiredis.HiredisError: the connection is lost, or they do not come in time.
        """
        pack: Any = hiredis.pack_command
        self._transport.write(b"".join([pack(command) for command in commands]))
        future: asyncio.Future[list[Any]] = self._loop.create_future()
        deadline = self._loop.time() + self._timeout
        self._waiting.append(_Asked(future, len(commands), deadline))
        if self._timer is None:
            self._timer = self._loop.call_at(deadline, self._look)
        return future

    def lose(self, error: Exception) -> None:
        """Disconnect, and tell all that wait why."""
        self.lost = True
        self._transport.abort()
        while self._waiting:
            future = self._waiting.popleft().future
            if not future.done():  # a task that was cancelled waits no more
                future.set_exception(error)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the transport; asyncio calls this."""
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        """Give out the replies that are complete; asyncio calls this."""
        reader = self._reader
        reader.feed(data)
        try:
            while (reply := reader.gets()) is not False:  # False: there is more to come
                asked = self._waiting[0]
                asked.replies.append(reply)
                if len(asked.replies) == asked.number:
                    self._waiting.popleft()
                    if not asked.future.done():
                        asked.future.set_result(asked.replies)
        except hiredis.HiredisError as error:
            self.lose(error)

    def connection_lost(self, exc: Exception | None) -> None:
        """Tell all that wait; asyncio calls this."""
        self.lose(exc or ConnectionError("the server has closed the connection"))

    def _look(self) -> None:
        """See whether the first that waits has waited too long."""
        self._timer = None
        if not self._waiting:
            return
        deadline = self._waiting[0].deadline
        if deadline <= self._loop.time():
            self.lose(TimeoutError())
        else:
            self._timer = self._loop.call_at(deadline, self._look)


async def connect(address: RedisAddress, host: Host | None, seconds: float) -> Wire:
    """Return a new connection, on which we are who the address says.

    Args:
        host: of a cluster; None is the server, or the one that Sentinels name.
        seconds: for all of it, and later for each reply.

    Raises:
        OSError, redis.exceptions.RedisError: it cannot be had, or not in time.
    """
    async with asyncio.timeout(seconds):
        name, port = host or await _primary(address, seconds)
        context = None if address.tls is None else _context(**address.tls)
        loop = asyncio.get_running_loop()
        _, wire = await loop.create_connection(lambda: Wire(seconds), name, port, ssl=context)
        try:
            for reply in await wire.ask([*_greetings(address), ("PING",)]):
                if isinstance(reply, Exception):
                    raise reply
        except BaseException:
            wire.lose(ConnectionError("it was never made"))
            raise
        return wire


async def _primary(address: RedisAddress, seconds: float) -> Host:
    if address.kind != "sentinel":
        return address.hosts[0]
    options = sentinel_options(address, seconds, Retry(NoBackoff(), 0))
    sentinels: Any = Sentinel(address.hosts, sentinel_kwargs=options)  # type: ignore[no-untyped-call]
    try:
        name, port = await sentinels.discover_master(address.service)
        return name, int(port)
    finally:
        for sentinel in sentinels.sentinels:
            await sentinel.aclose()


def _greetings(address: RedisAddress) -> Iterator[Words]:
    if address.password is not None or address.username is not None:
        who = () if address.username is None else (address.username,)
        yield ("AUTH", *who, address.password or "")
    if address.database:
        yield ("SELECT", address.database)


def _context(
    *,
    ssl_ca_certs: str | None = None,
    ssl_certfile: str | None = None,
    ssl_keyfile: str | None = None,
    ssl_password: str | None = None,
    ssl_cert_reqs: str = "required",
    ssl_check_hostname: bool = True,
) -> ssl.SSLContext:
    """Return what TLS needs, of the options in an address."""
    context = ssl.create_default_context(cafile=ssl_ca_certs)
    context.check_hostname = ssl_check_hostname
    context.verify_mode = _VERIFY[ssl_cert_reqs]
    if ssl_certfile is not None:
        context.load_cert_chain(ssl_certfile, ssl_keyfile, ssl_password)
    return context
