"""The store in Redis for asyncio, to read from: the same talks and routes, on wires that tasks share."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

from hiredis import HiredisError
from redis.exceptions import RedisError

from zipline.errors import OnlineError, StoreUnavailable
from zipline.online.calls import Call
from zipline.online.stores.async_wire import Wire, connect
from zipline.online.stores.redis_address import RedisAddress
from zipline.online.stores.redis_calls import Command, Talks
from zipline.online.stores.redis_errors import unavailable
from zipline.online.stores.redis_names import Names
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
        self._wires: dict[Host | None, Wire] = {}
        self._connecting: dict[Host | None, asyncio.Task[Wire]] = {}

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
        await asyncio.gather(*self._connecting.values(), return_exceptions=True)
        for wire in self._wires.values():
            wire.lose(ConnectionError("the store was closed"))
        await asyncio.sleep(0)  # in which asyncio closes the sockets

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
        try:
            wire = self._wires.get(parcel.host)
            if wire is None or wire.lost:
                wire = await self._connect(parcel.host)
            return await wire.ask(parcel.commands)
        except (RedisError, HiredisError, OSError) as error:
            where = str(self._address) if parcel.host is None else "Redis at {}:{}".format(*parcel.host)
            raise unavailable(error, where) from error

    async def _connect(self, host: Host | None) -> Wire:
        """Return a new wire: all tasks that need one wait for the same, whichever of them is cancelled."""
        task = self._connecting.get(host)
        if task is None:
            task = asyncio.create_task(connect(self._address, host, self._timeout))
            self._connecting[host] = task
            task.add_done_callback(lambda _: self._connecting.pop(host))
        self._wires[host] = wire = await asyncio.shield(task)
        return wire
