"""Ask an HTTP server over connections that stay open, each with the next question as soon as it has its answer.

Arguments: the host, the port, the path, the file of the bodies (a JSON list of texts), and how many connections.
A run asks each body once. Only sockets are used: the client must take less time than what it measures.
"""

from __future__ import annotations

import json
import selectors
import socket
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import Any

from benchmarks.workers.protocol import serve


class Connection:
    """A connection that asks and waits in turn."""

    def __init__(self, host: str, port: int) -> None:
        self.socket = socket.create_connection((host, port))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._received, self._left = b"", -1
        self.asked = 0.0

    def __enter__(self) -> Connection:
        return self

    def __exit__(self, *_: object) -> None:
        self.socket.close()

    def ask(self, request: bytes) -> None:
        """Send a request."""
        self._received, self._left, self.asked = b"", -1, time.perf_counter()
        self.socket.sendall(request)

    def answered(self) -> bool:
        """Take what has come; return whether the answer is complete.

        Raises:
            ValueError: it is no answer with status 200.
        """
        part = self.socket.recv(1 << 20)
        if self._left >= 0:
            self._left -= len(part)
            return self._left <= 0
        self._received += part
        head, separator, body = self._received.partition(b"\r\n\r\n")
        if not separator:
            return False
        if not head.startswith(b"HTTP/1.1 200"):
            raise ValueError(self._received[:500])
        length = int(head.lower().partition(b"content-length:")[2].split(b"\r\n", 1)[0])
        self._left = length - len(body)
        return self._left <= 0


def run(host: str, port: int, path: str, bodies: list[str], connections: int) -> dict[str, Any]:
    """Ask every body once; return the seconds that it all took, and the percentiles of one request."""
    requests = iter([_request(host, path, body.encode()) for body in bodies])
    latencies: list[float] = []
    with ExitStack() as stack, selectors.DefaultSelector() as waiting:
        opened = [stack.enter_context(Connection(host, port)) for _ in range(connections)]
        start = time.perf_counter()
        for connection in opened:
            _next(waiting, connection, requests)
        while waiting.get_map():
            for key, _ in waiting.select():
                if key.data.answered():
                    latencies.append(time.perf_counter() - key.data.asked)
                    waiting.unregister(key.fileobj)
                    _next(waiting, key.data, requests)
        seconds = time.perf_counter() - start
    latencies.sort()
    return {
        "seconds": seconds, "p50": latencies[len(latencies) // 2], "p99": latencies[len(latencies) * 99 // 100]
    }  # fmt: skip


def _next(waiting: selectors.BaseSelector, connection: Connection, requests: Iterator[bytes]) -> None:
    """Ask the next question, if there is one."""
    request = next(requests, None)
    if request is not None:
        connection.ask(request)
        waiting.register(connection.socket, selectors.EVENT_READ, connection)


def _request(host: str, path: str, body: bytes) -> bytes:
    lines = (
        f"POST {path} HTTP/1.1", f"Host: {host}", "Content-Type: application/json",
        f"Content-Length: {len(body)}", "", "",
    )  # fmt: skip
    return "\r\n".join(lines).encode() + body


if __name__ == "__main__":
    address, number, route, file, count = sys.argv[1:]
    wanted: list[str] = json.loads(Path(file).read_text())
    serve(partial(run, address, int(number), route, wanted, int(count)))
