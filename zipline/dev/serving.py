"""The HTTP server of a development system: the one of `zipline serve`, on this process's own parts."""

from __future__ import annotations

from collections.abc import Callable

from zipline.dev.parts import Dev
from zipline.online.serve.app import App
from zipline.online.serve.guard import Guard
from zipline.online.serve.listening import Address, listen
from zipline.online.serve.metrics import Metrics
from zipline.online.serve.serving import Serving


def serve(dev: Dev, port: int, announce: Callable[[str], None]) -> None:
    """Answer on this machine only, until a signal says to stop.

    Args:
        dev: what is served; it is closed with the server.
        port: 0 is any free one.
        announce: is told the URL, once callers can connect.

    Raises:
        ConfigError: the port is taken.
    """
    address = Address("127.0.0.1", port)

    def opened() -> Serving:
        return Serving(dev.state, dev.client, Metrics(shared=False), dev.push, Guard(None, local=True))

    listen(App(opened), address, announce)
