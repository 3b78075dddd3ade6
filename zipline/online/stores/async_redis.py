"""The store in Redis for asyncio, to read from: the same talks and routes, with redis-py's asyncio connections."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

from redis.asyncio.connection import ConnectionPool
from redis.exceptions import RedisError, ResponseError

from zipline.errors import OnlineError, StoreUnavailable
from zipline.online.calls import Call
from zipline.online.stores.redis_address import RedisAddress
from zipline.online.stores.redis_calls import Command, Talks
from zipline.online.stores.redis_errors import unavailable
from zipline.online.stores.redis_names import Names
from zipline.online.stores.redis_pools import make_async_pool
from zipline.online.stores.redis_routes import Host, Parcel, routes_of


class AsyncRedisStore:
    """An `AsyncStore` in Redis; it belongs to the event loop that first uses it.

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
        self._pools: dict[Host | None, ConnectionPool] = {}

    async def do(self, call: Call) -> Any:
        """Make a call and return its answer.

        Raises:
            StoreUnavailable: as `Store` says, within the timeout.
            OnlineError: what is stored is not what zipline stores, or the call writes.
        """
        talk = self._talks.talk(call)
        try:
            commands = next(talk)
            while True:
                commands = talk.send(await self._exchange(commands))
        except StopIteration as end:
            return end.value

    async def close(self) -> None:
        """Let go of all connections."""
        pools, self._pools = self._pools, {}
        for pool in pools.values():
            await pool.disconnect()
            watched: Any = getattr(pool, "sentinel_manager", None)
            for sentinel in watched.sentinels if watched is not None else ():
                await sentinel.aclose()

    async def _exchange(self, commands: Sequence[Command]) -> list[Any]:
        if any(command.writes for command in commands):
            raise OnlineError("an asyncio store only reads", hint="write with a store of `open_store`")
        routed = self._routes.exchange(commands)
        try:
            parcels = next(routed)
            while True:
                try:
                    answers = await self._send(parcels)
                except StoreUnavailable as error:
                    parcels = routed.throw(error)
                else:
                    parcels = routed.send(answers)
        except StopIteration as end:
            return end.value  # type: ignore[no-any-return]

    async def _send(self, parcels: Sequence[Parcel]) -> list[list[Any]]:
        """Send to all servers at once; where several fail, the first of them in order is told."""
        if len(parcels) == 1:
            return [await self._carry(parcels[0])]
        answers = await asyncio.gather(*map(self._carry, parcels), return_exceptions=True)
        failed = [answer for answer in answers if isinstance(answer, BaseException)]
        if failed:
            raise failed[0]
        return [answer for answer in answers if not isinstance(answer, BaseException)]

    async def _carry(self, parcel: Parcel) -> list[Any]:
        pool: Any = self._pools.get(parcel.host)
        if pool is None:
            pool = self._pools[parcel.host] = make_async_pool(self._address, parcel.host, self._timeout)
        try:
            connection: Any = await pool.get_connection()
            try:
                await connection.send_packed_command(b"".join(connection.pack_commands(parcel.commands)))
                return [await _reply(connection) for _ in parcel.commands]
            except BaseException:  # a cancelled task too: the reply on its way must not be the next call's
                await connection.disconnect(nowait=True)
                raise
            finally:
                await pool.release(connection)
        except (RedisError, OSError) as error:
            where = str(self._address) if parcel.host is None else "Redis at {}:{}".format(*parcel.host)
            raise unavailable(error, where) from error


async def _reply(connection: Any) -> Any:
    """Return a reply, an error as a value: the replies after it are still to be read."""
    try:
        return await connection.read_response()
    except ResponseError as error:
        return error
