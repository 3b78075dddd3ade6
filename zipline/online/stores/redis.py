"""A store in Redis: one server, one behind Sentinels, or a cluster. Every call is one script or one read."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from threading import Lock
from typing import Any

from hiredis import HiredisError
from redis.exceptions import RedisError

from zipline.errors import StoreUnavailable
from zipline.online.calls import Call
from zipline.online.stores.redis_address import RedisAddress
from zipline.online.stores.redis_calls import Command, Talks
from zipline.online.stores.redis_check import check_server
from zipline.online.stores.redis_errors import unavailable
from zipline.online.stores.redis_lines import Line, Lines
from zipline.online.stores.redis_names import Names
from zipline.online.stores.redis_pools import make_pool
from zipline.online.stores.redis_routes import Host, Parcel, routes_of, words_of


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
        self._alone = address.kind != "cluster"
        self._lines: dict[tuple[Host | None, bool], Lines] = {}
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
            for lines in self._lines.values():
                lines.close()

    def _exchange(self, commands: Sequence[Command]) -> list[Any]:
        if self._alone and len(commands) == 1:
            reply = self._send_one(commands[0])
            if not isinstance(reply, Exception):
                return [reply]
        # What was refused has not been applied, so it may be sent once more on the way that knows what to do about it.
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

    def _send_one(self, command: Command) -> Any:
        """Do as `_send` does, for what most calls are: one command to the only server."""
        lines = self._lines.get((None, command.writes)) or self._new_lines(None, command.writes)
        line = lines.take()
        try:
            line.connect()
            line.send((words_of(command),))
            return line.reply()
        except BaseException as error:
            line.hang_up()
            if isinstance(error, RedisError | HiredisError | OSError):
                raise unavailable(error, self._where(None)) from error
            raise
        finally:
            lines.give_back(line)

    def _send(self, parcels: Sequence[Parcel]) -> list[list[Any]]:
        """Send to all servers, then wait for all: the slowest of them is what it takes."""
        used: list[tuple[Lines, Line]] = []
        host: Host | None = None
        try:
            for parcel in parcels:
                host = parcel.host
                lines = self._lines.get((host, parcel.writes)) or self._new_lines(host, parcel.writes)
                line = lines.take()
                used.append((lines, line))
                line.connect()
                line.send(parcel.commands)
            answers = []
            for parcel, (_, line) in zip(parcels, used, strict=True):
                host = parcel.host
                answers.append([line.reply() for _ in parcel.commands])
            return answers
        except BaseException as error:  # an interrupt too: a reply on its way must not be the next call's
            for _, line in used:
                line.hang_up()
            if isinstance(error, RedisError | HiredisError | OSError):
                raise unavailable(error, self._where(host)) from error
            raise
        finally:
            for lines, line in used:
                lines.give_back(line)

    def _new_lines(self, host: Host | None, writes: bool) -> Lines:
        with self._lock:
            known = self._lines.get((host, writes))
            if known is None:
                pool = make_pool(self._address, host, self._timeout, self._greeting(host) if writes else None)
                known = self._lines[host, writes] = Lines(pool)
            return known

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
