"""A store in Redis: one server, one behind Sentinels, or a cluster. Every call is one script or one read."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from threading import Lock
from typing import Any

from redis.connection import ConnectionPool
from redis.exceptions import RedisError, ResponseError

from zipline.errors import StoreUnavailable
from zipline.online.calls import Call
from zipline.online.stores.redis_address import RedisAddress
from zipline.online.stores.redis_calls import Command, Talks
from zipline.online.stores.redis_check import check_server
from zipline.online.stores.redis_errors import unavailable
from zipline.online.stores.redis_names import Names
from zipline.online.stores.redis_pools import make_pool
from zipline.online.stores.redis_routes import Host, Parcel, routes_of


class RedisStore:
    """A `Store` in Redis; threads may share it.

    Connections that write look first whether the server may be written to (`check_server`); those that read do not.

    Args:
        address: where it is.
        prefix: how its keys begin.
        timeout: seconds, for connecting and for each reply.
    """

    def __init__(self, address: RedisAddress, *, prefix: str = "zl:", timeout: float = 0.25) -> None:
        self._address = address
        self._timeout = timeout
        self._talks = Talks(Names(prefix), by_slot=address.kind == "cluster")
        self._routes = routes_of(address)
        self._pools: dict[tuple[Host | None, bool], ConnectionPool] = {}
        self._lock = Lock()

    def do(self, call: Call) -> Any:
        """Make a call and return its answer.

        Raises:
            StoreUnavailable: as `Store` says, within the timeout.
            OnlineError: what is stored is not what zipline stores.
        """
        talk = self._talks.talk(call)
        try:
            commands = next(talk)
            while True:
                commands = talk.send(self._exchange(commands))
        except StopIteration as end:
            return end.value

    def close(self) -> None:
        """Let go of all connections."""
        with self._lock:
            pools = list(self._pools.values())
            self._pools.clear()
        for pool in pools:
            pool.disconnect()

    def _exchange(self, commands: Sequence[Command]) -> list[Any]:
        routed = self._routes.exchange(commands)
        try:
            parcels = next(routed)
            while True:
                try:
                    answers = self._send(parcels)
                except StoreUnavailable as error:
                    parcels = routed.throw(error)
                else:
                    parcels = routed.send(answers)
        except StopIteration as end:
            return end.value  # type: ignore[no-any-return]

    def _send(self, parcels: Sequence[Parcel]) -> list[list[Any]]:
        """Send to all servers, then wait for all: the slowest of them is what it takes."""
        used: list[tuple[ConnectionPool, Any]] = []
        host: Host | None = None
        try:
            for parcel in parcels:
                host = parcel.host
                pool = self._pool(host, parcel.writes)
                connection: Any = pool.get_connection()
                used.append((pool, connection))
                connection.send_packed_command(_packed(connection, parcel.commands))
            answers = []
            for parcel, (_, connection) in zip(parcels, used, strict=True):
                host = parcel.host
                answers.append([_reply(connection) for _ in parcel.commands])
            return answers
        except (RedisError, OSError) as error:
            _hang_up(used)
            raise unavailable(error, self._where(host)) from error
        except BaseException:  # an interrupt: the replies that are on their way must not be the next call's
            _hang_up(used)
            raise
        finally:
            for pool, connection in used:
                pool.release(connection)

    def _pool(self, host: Host | None, writes: bool) -> ConnectionPool:
        pool = self._pools.get((host, writes))
        if pool is None:
            with self._lock:
                pool = self._pools.get((host, writes))
                if pool is None:
                    greet = self._greeting(host) if writes else None
                    pool = self._pools[host, writes] = make_pool(self._address, host, self._timeout, greet)
        return pool

    def _greeting(self, host: Host | None) -> Callable[[Any], None]:
        """Return what is done with each connection that may write, also with one that was lost and made anew."""

        def greet(connection: Any) -> None:
            try:
                connection.on_connect()
                check_server(
                    connection, where=self._where(host), durable=self._address.durable, timeout=self._timeout
                )
            except BaseException:
                connection.disconnect()
                raise

        return greet

    def _where(self, host: Host | None) -> str:
        return str(self._address) if host is None else f"Redis at {host[0]}:{host[1]}"


def _packed(connection: Any, commands: Sequence[tuple[Any, ...]]) -> Sequence[bytes]:
    if len(commands) == 1:
        return connection.pack_command(*commands[0])  # type: ignore[no-any-return]
    return connection.pack_commands(commands)  # type: ignore[no-any-return]


def _reply(connection: Any) -> Any:
    """Return a reply, an error as a value: the replies after it are still to be read."""
    try:
        return connection.read_response()
    except ResponseError as error:
        return error


def _hang_up(used: Sequence[tuple[ConnectionPool, Any]]) -> None:
    for _, connection in used:
        connection.disconnect()
