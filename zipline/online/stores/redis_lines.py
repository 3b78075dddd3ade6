"""Connections that redis-py makes, with their sockets and replies in our hands.

redis-py connects, finds the primary, authenticates and speaks TLS. But of the time of a read, which is one packet each
way, it takes three quarters for itself (pool, checks, telemetry): here nothing stands between a command and its socket.
"""

from __future__ import annotations

import os
import select
from collections.abc import Sequence
from threading import Lock
from typing import Any, Final

import hiredis
from redis.connection import ConnectionPool, DefaultParser
from redis.exceptions import ConnectionError, ReadOnlyError  # noqa: A004  redis-py's own, no OSError

from zipline.online.stores.redis_calls import Words

READ_SIZE: Final = 128 * 1024
"""Bytes that are asked of a socket at once: the replies are some kB, or some MB."""


class Line:
    """A connection, and the replies that come on it.

    Args:
        connection: of redis-py.
    """

    def __init__(self, connection: Any) -> None:
        self._connection = connection
        self._buffer = bytearray(READ_SIZE)
        self._poll: Any = None
        self._ended = True

    def connect(self) -> None:
        """Connect, unless that has been done and nobody has hung up since.

        Raises:
            OSError, redis.exceptions.RedisError: it cannot be done.
        """
        if not self._ended:
            if not self._poll.poll(0):  # a line at rest has nothing to say but that it has ended
                return
            self.hang_up()
        self._connection.connect()
        self._socket = self._connection._sock
        self._reader: Any = hiredis.Reader(replyError=DefaultParser.parse_error)
        self._poll = select.poll()
        self._poll.register(self._socket, select.POLLIN)
        self._ended = False

    def hang_up(self) -> None:
        """Disconnect."""
        self._ended = True
        self._connection.disconnect()

    def send(self, commands: Sequence[Words]) -> None:
        """Send commands."""
        pack: Any = hiredis.pack_command  # its type speaks of commands of one word
        packed = [pack(command) for command in commands]
        self._socket.sendall(packed[0] if len(packed) == 1 else b"".join(packed))

    def reply(self) -> Any:
        """Return the next reply; a refusal is an error of redis-py's, returned.

        Raises:
            OSError, redis.exceptions.RedisError: it does not come, or not in time.
        """
        reader = self._reader
        reply = reader.gets()
        while reply is False:  # there is more to come: in the protocol that we speak, no reply is a False
            number = self._socket.recv_into(self._buffer)
            if number == 0:
                raise ConnectionError("the server has closed the connection")
            reader.feed(self._buffer, 0, number)
            reply = reader.gets()
        if isinstance(reply, ReadOnlyError):  # it is the primary no longer: the next connection asks who is
            self.hang_up()
        return reply


class Lines:
    """The lines to one server; each is one caller's at a time.

    Args:
        pool: makes connections; it does not keep them.
    """

    def __init__(self, pool: ConnectionPool) -> None:
        self._pool = pool
        self._begin()

    def take(self) -> Line:
        """Return a line that nobody has; connect it before you speak."""
        if self._process != os.getpid():  # the other side of a fork speaks on the old ones
            self._begin()
        try:
            return self._free.pop()
        except IndexError:
            line = Line(self._pool.make_connection())
            with self._lock:
                self._all.append(line)
            return line

    def give_back(self, line: Line) -> None:
        """Let others take a line."""
        self._free.append(line)

    def close(self) -> None:
        """Hang up all of them; whoever waits for a reply gets an error."""
        with self._lock:
            for line in self._all:
                line.hang_up()

    def _begin(self) -> None:
        self._process = os.getpid()
        self._lock = Lock()
        self._free: list[Line] = []
        self._all: list[Line] = []
