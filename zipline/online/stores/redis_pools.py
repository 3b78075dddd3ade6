"""redis-py's pools of connections, as we want them: our timeouts, no retries, bytes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from redis.backoff import NoBackoff
from redis.connection import Connection, ConnectionPool, SSLConnection
from redis.retry import Retry
from redis.sentinel import Sentinel

from zipline.online.stores.redis_address import RedisAddress
from zipline.online.stores.redis_routes import Host


def _connection_options(address: RedisAddress, timeout: float, retry: Any) -> dict[str, Any]:
    """Return the arguments of a connection to a server of an address.

    Args:
        timeout: seconds, for connecting and for each reply.
        retry: one that never tries again, for threads or asyncio: the protocol decides about that.
    """
    return {
        "username": address.username, "password": address.password, "db": address.database,
        "socket_timeout": timeout, "socket_connect_timeout": timeout, "retry": retry, "protocol": 2,
        **(address.tls or {}),
    }  # fmt: skip


def sentinel_options(address: RedisAddress, timeout: float, retry: Any) -> dict[str, Any]:
    """Return the arguments of a client of the Sentinels of an address."""
    tls = {} if address.tls is None else {"ssl": True, **address.tls}
    return {
        "username": address.sentinel_username, "password": address.sentinel_password,
        "socket_timeout": timeout, "socket_connect_timeout": timeout, "retry": retry, "protocol": 2, **tls,
    }  # fmt: skip


def make_pool(
    address: RedisAddress, host: Host | None, timeout: float, greet: Callable[[Any], None] | None
) -> ConnectionPool:
    """Return a pool of connections to a server.

    Args:
        host: of a cluster; None is the server, or the one that Sentinels name.
        greet: is called with each new connection, in place of redis-py's own greeting.
    """
    options = _connection_options(address, timeout, Retry(NoBackoff(), 0))
    options["redis_connect_func"] = greet
    if address.kind == "sentinel":
        known = sentinel_options(address, timeout, Retry(NoBackoff(), 0))
        sentinels: Any = Sentinel(address.hosts, sentinel_kwargs=known)  # type: ignore[no-untyped-call]
        tls = {"ssl": True} if address.tls is not None else {}
        pool: ConnectionPool = sentinels.master_for(address.service, **tls, **options).connection_pool
        return pool
    options["host"], options["port"] = host or address.hosts[0]
    kind = Connection if address.tls is None else SSLConnection
    return ConnectionPool(connection_class=kind, **options)
