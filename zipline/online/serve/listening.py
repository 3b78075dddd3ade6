"""Listening: uvicorn around the application, in one process or several, over TLS where there is a certificate."""

from __future__ import annotations

import os
import signal
import socket
import ssl
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from importlib.util import find_spec
from typing import Any, Final

from zipline.errors import ConfigError
from zipline.online.serve.app import App
from zipline.online.serve.metrics import SHARED

PACKAGES: Final = ("uvicorn", "httptools", "uvloop", "prometheus_client")
_GRACE: Final = 2.0
"""Seconds beyond a request's limit that a stopping server waits for answers."""
_KEEP_ALIVE: Final = 75
_LOGGING: Final[dict[str, Any]] = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(message)s"}},
    "handlers": {"errors": {"class": "logging.StreamHandler", "formatter": "line"}},
    "loggers": {
        "zipline": {"handlers": ["errors"], "level": "INFO", "propagate": False},
        "uvicorn": {"handlers": ["errors"], "level": "WARNING", "propagate": False},
    },
}


@dataclass(frozen=True)
class Address:
    """Where and how to listen.

    Attributes:
        host, port: port 0 is any free one.
        workers: processes.
        certificate, key: PEM files; both or neither.
        seconds: that an answer may take; a server that stops waits so long for those that are asked for.
    """

    host: str
    port: int
    workers: int = 1
    certificate: str | None = None
    key: str | None = None
    seconds: float = 5.0


def check_packages() -> None:
    """Refuse to go on without the packages of the extra.

    Raises:
        ConfigError: one is not installed.
    """
    for package in PACKAGES:
        if find_spec(package) is None:
            raise ConfigError(
                f"the server needs {package.replace('_', '-')}, which is not installed",
                hint="pip install 'zipline-features[server]'",
            )


def listen(app: App, address: Address, announce: Callable[[str], None]) -> None:
    """Answer requests until a signal says to stop.

    Args:
        app: of each worker; with several it must be one that can be pickled.
        address: where.
        announce: is told the URL, once callers can connect.

    Raises:
        ConfigError: the address cannot be listened on, or the certificate is not one.
    """
    import uvicorn

    check_certificate(address)
    listening = _socket(address)
    host, port = listening.getsockname()[:2]
    config = uvicorn.Config(
        app, host=host, port=port, workers=address.workers, interface="asgi3", lifespan="on", http="httptools",
        loop="uvloop", ws="none", access_log=False, server_header=False, proxy_headers=False,
        log_config=_LOGGING, log_level="warning", timeout_keep_alive=_KEEP_ALIVE,
        timeout_graceful_shutdown=int(address.seconds + _GRACE),
        ssl_certfile=address.certificate, ssl_keyfile=address.key,
    )  # fmt: skip
    shown = f"[{host}]" if listening.family == socket.AF_INET6 else host
    announce(f"{'https' if address.certificate else 'http'}://{shown}:{port}")
    # uvicorn raises the signal that ended it once more when it has ended: by then nothing is left to do.
    for each in (signal.SIGINT, signal.SIGTERM):
        signal.signal(each, lambda number, frame: None)
    started = _workers(config, listening) if address.workers > 1 else _one(config, listening)
    if not started:
        raise ConfigError("the server did not start", hint="what it wrote before says why")


def _one(config: Any, listening: socket.socket) -> bool:
    """Serve from this process; return whether the application opened."""
    import uvicorn

    server = uvicorn.Server(config)
    try:
        server.run([listening])
    except SystemExit:
        return False
    return True


def _workers(config: Any, listening: socket.socket) -> bool:
    """Serve from several processes, one of which that ends is begun anew; return whether the application opened."""
    from uvicorn.config import STARTUP_FAILURE
    from uvicorn.supervisors import Multiprocess

    with tempfile.TemporaryDirectory(prefix="zipline-metrics-") as folder:
        os.environ[SHARED] = folder  # before the workers, which import what reads it
        try:
            supervisor = Multiprocess(config, [listening])
            supervisor.run()
        finally:
            del os.environ[SHARED]
    return all(each.exitcode != STARTUP_FAILURE for each in supervisor.processes)


def _socket(address: Address) -> socket.socket:
    """Return a socket that listens; workers share it."""
    if not 0 <= address.port < 2**16:
        raise ConfigError(f"{address.port} is not a port", hint="ports are 0 to 65535; 0 is any free one")
    try:
        family, _, _, _, place = socket.getaddrinfo(
            address.host, address.port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        return socket.create_server(place[:2], family=family, backlog=2048, reuse_port=False)
    except OSError as error:
        why = str(getattr(error, "strerror", None) or error).partition(" (while")[
            0
        ]  # the address is told already
        raise ConfigError(
            f"cannot listen on {address.host}:{address.port}: {why}",
            hint="take another --port; 0 is any free one",
        ) from None


def check_certificate(address: Address) -> None:
    """Refuse a certificate that TLS will not take, before anything is opened.

    Raises:
        ConfigError: one of the two files is missing, or they are not a certificate and its key.
    """
    if address.certificate is None and address.key is None:
        return
    if address.certificate is None or address.key is None:
        raise ConfigError(
            "TLS needs a certificate and its key", hint="give both: --tls-certificate FILE --tls-key FILE"
        )
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(address.certificate, address.key)
    except OSError as error:  # an SSLError is one too
        raise ConfigError(
            f"{address.certificate!r} and {address.key!r} are not a certificate and its key: {error}",
            hint="both are PEM files; the key has no password",
        ) from None
