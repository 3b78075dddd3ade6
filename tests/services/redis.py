"""A real Redis for tests: the one that is named, or one of their own on this machine.

In order: the URL in ZIPLINE_TEST_REDIS_URL (tests that need a cluster, Sentinels or a server to kill leave it alone); a
redis-server of this machine's, started on a free port; the same after `apt-get install` where that is allowed (root
and CI=true).
"""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import redis
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from redis.retry import Retry

from tests.services.process import free_port, leave_out, start, stop

SECONDS = 30
_SLOTS = 16384
_BUS = 10000


@dataclass
class Server:
    """A redis-server of our own, which a test may stop, kill and start again on the same port and folder."""

    program: str
    folder: Path
    options: Mapping[str, str] = field(default_factory=dict)
    port: int = 0
    sentinel: bool = False
    process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """Its URL, without a database."""
        return f"redis://127.0.0.1:{self.port}"

    def client(self, **options: Any) -> Any:
        """Return a client of redis-py's."""
        return redis.Redis(port=self.port, retry=Retry(NoBackoff(), 0), socket_timeout=SECONDS, **options)

    def start(self) -> None:
        """Start it and wait until it answers PING."""
        if self.sentinel:
            command: list[str | Path] = [self.program, str(self.folder / "sentinel.conf"), "--sentinel"]
        else:
            given = {
                "port": str(self.port),
                "bind": "127.0.0.1",
                "dir": str(self.folder),
                **_OPTIONS,
                **self.options,
            }
            command = [
                self.program,
                *(word for name, value in given.items() for word in (f"--{name}", value)),
            ]
        with (self.folder / "log").open("ab") as log:
            self.process = start(command, log=log, cwd=self.folder)
        self.wait(lambda client: client.ping())

    def wait(self, done: Callable[[Any], Any]) -> None:
        """Wait until it says what is wanted; an error of Redis is a no."""
        deadline = time.monotonic() + SECONDS
        with self.client() as client:
            while time.monotonic() < deadline and self.process is not None and self.process.poll() is None:
                try:
                    if done(client):
                        return
                except RedisError:
                    pass
                time.sleep(0.01)
        raise RuntimeError((self.folder / "log").read_text())

    def kill(self) -> None:
        """End it without giving it time for anything."""
        assert self.process is not None
        self.process.kill()
        self.process.wait()

    def stop(self) -> None:
        """End it."""
        if self.process is not None and self.process.poll() is None:
            stop(self.process)


_OPTIONS = {
    "appendonly": "yes",
    "appendfsync": "everysec",
    "save": "",
    "maxmemory-policy": "noeviction",
    "daemonize": "no",
    "enable-debug-command": "yes",
}


@contextmanager
def redis_url() -> Iterator[str]:
    """Yield the URL of a server that is there as long as the block runs; the tests share it by prefixes."""
    given = os.environ.get("ZIPLINE_TEST_REDIS_URL")
    if given:
        yield given
        return
    with redis_server() as server:
        yield server.url


@contextmanager
def redis_server(**options: str) -> Iterator[Server]:
    """Yield a server of our own, with further options such as `requirepass`."""
    with TemporaryDirectory(prefix="zipline-redis-") as name:
        server = Server(_program(), Path(name), {k.replace("_", "-"): v for k, v in options.items()})
        try:
            _start_somewhere(server)
            yield server
        finally:
            server.stop()


def _start_somewhere(server: Server) -> None:
    """Start a server on a port of its own; another process may be quicker to take one that was free."""
    for _ in range(20):
        server.port = free_port()
        if "cluster-enabled" in server.options and server.port + _BUS > 65535:
            continue
        try:
            return server.start()
        except RuntimeError as error:
            if "already in use" not in str(error):
                raise
    raise RuntimeError("no port could be used")


@contextmanager
def redis_cluster() -> Iterator[list[Server]]:
    """Yield the three servers of a cluster, each with a third of the slots."""
    with ExitStack() as stack:
        servers = [
            stack.enter_context(redis_server(cluster_enabled="yes", cluster_node_timeout="2000"))
            for _ in range(3)
        ]
        for at, server in enumerate(servers):
            first, last = at * _SLOTS // 3, (at + 1) * _SLOTS // 3 - 1
            with server.client() as client:
                client.execute_command("CLUSTER", "SET-CONFIG-EPOCH", at + 1)
                client.execute_command("CLUSTER", "ADDSLOTSRANGE", first, last)
                for other in servers[:at]:
                    client.execute_command("CLUSTER", "MEET", "127.0.0.1", other.port)
        for server in servers:
            server.wait(_knows_all)
        yield servers


def cluster_url(servers: Sequence[Server]) -> str:
    """Return the URL of a cluster."""
    return "redis+cluster://" + ",".join(f"127.0.0.1:{server.port}" for server in servers)


def _knows_all(client: Any) -> bool:
    said = client.execute_command("CLUSTER", "INFO")
    facts = (
        said if isinstance(said, dict) else dict(line.split(":", 1) for line in said.decode().splitlines())
    )
    return (facts["cluster_state"], facts["cluster_known_nodes"]) == ("ok", "3")


@dataclass
class Watched:
    """A server with a replica, and the Sentinel that watches both."""

    service: str
    primary: Server
    replica: Server
    sentinel: Server

    @property
    def url(self) -> str:
        """The URL of the service."""
        return f"redis+sentinel://127.0.0.1:{self.sentinel.port}/{self.service}"


@contextmanager
def redis_sentinel() -> Iterator[Watched]:
    """Yield a server with a replica, watched by one Sentinel that needs a second to find it dead."""
    with ExitStack() as stack:
        primary = stack.enter_context(redis_server(repl_diskless_sync_delay="0"))
        replica = stack.enter_context(redis_server(replicaof=f"127.0.0.1 {primary.port}"))
        folder = Path(stack.enter_context(TemporaryDirectory(prefix="zipline-sentinel-")))
        sentinel = Server(_program(), folder, port=free_port(), sentinel=True)
        (folder / "sentinel.conf").write_text(
            f"port {sentinel.port}\nbind 127.0.0.1\ndir {folder}\n"
            f"sentinel monitor shop 127.0.0.1 {primary.port} 1\n"
            "sentinel down-after-milliseconds shop 500\nsentinel failover-timeout shop 2000\n"
        )
        stack.callback(sentinel.stop)
        replica.wait(lambda client: client.info("replication")["master_link_status"] == "up")
        sentinel.start()
        sentinel.wait(lambda client: client.sentinel_slaves("shop"))
        yield Watched("shop", primary, replica, sentinel)


@cache
def _program() -> str:
    found = shutil.which("redis-server") or _installed()
    if found is None:
        leave_out("tests with Redis", "no server here; install redis-server, or set ZIPLINE_TEST_REDIS_URL")
    assert found is not None
    return found


def _installed() -> str | None:
    if os.geteuid() != 0 or os.environ.get("CI") != "true" or not shutil.which("apt-get"):
        return None
    for step in (["update"], ["install", "-y", "--no-install-recommends", "redis-server"]):
        subprocess.run(
            ["apt-get", "-q", *step], check=False, env={**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
        )
    return shutil.which("redis-server")
