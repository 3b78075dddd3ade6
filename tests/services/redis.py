"""A real Redis for tests: the one that is named, or one of their own on this machine.

In order: the URL in ZIPLINE_TEST_REDIS_URL (tests that need a cluster, Sentinels or a server to kill leave it alone); a
redis-server of this machine's, started on a free port; the same after `apt-get install` where that is allowed (root
and CI=true).
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
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
    options: dict[str, str] = field(default_factory=dict)
    port: int = 0
    sentinel: bool = False
    _process: subprocess.Popen[bytes] | None = None

    @property
    def process(self) -> subprocess.Popen[bytes]:
        """Its process, once it has been started."""
        assert self._process is not None
        return self._process

    @property
    def url(self) -> str:
        """Its URL, without a database."""
        return f"redis://127.0.0.1:{self.port}"

    def client(self) -> Any:
        """Return a client of redis-py's."""
        password = self.options.get("requirepass")
        return redis.Redis(
            port=self.port, password=password, retry=Retry(NoBackoff(), 0), socket_timeout=SECONDS
        )

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
            self._process = start(command, log=log, cwd=self.folder, end=signal.SIGKILL)
        self.wait(lambda client: client.ping())

    def wait(self, done: Callable[[Any], Any]) -> None:
        """Wait until it says what is wanted; an error of Redis is a no."""
        deadline = time.monotonic() + SECONDS
        with self.client() as client:
            while time.monotonic() < deadline and self.process.poll() is None:
                try:
                    if done(client):
                        return
                except RedisError:
                    pass
                time.sleep(0.01)
        raise RuntimeError((self.folder / "log").read_text())

    def kill(self) -> None:
        """End it without giving it time for anything."""
        if self._process is not None:
            stop(self._process, signal.SIGKILL)


_OPTIONS = {
    "appendonly": "yes",
    "appendfsync": "everysec",
    "save": "",
    "maxmemory-policy": "noeviction",
    "repl-diskless-sync-delay": "0",
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


def clear(url: str, prefix: str) -> None:
    """Delete the keys of a shared server that begin with a prefix."""
    with redis.Redis.from_url(url) as client:
        keys = list(client.scan_iter(f"{prefix}*", count=10_000))
        if keys:
            client.unlink(*keys)


@contextmanager
def redis_server(**options: str) -> Iterator[Server]:
    """Yield a server of our own, with further options such as `requirepass`."""
    with TemporaryDirectory(prefix="zipline-redis-") as name:
        server = Server(_program(), Path(name), {k.replace("_", "-"): v for k, v in options.items()})
        try:
            _start_somewhere(server)
            yield server
        finally:
            server.kill()


def _start_somewhere(server: Server) -> None:
    """Start a server on a port of its own; another process may be quicker to take one that was free."""
    for _ in range(20):
        server.port = free_port()
        if "tls-port" in server.options:
            server.options["tls-port"] = str(free_port())
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
                client.execute_command("CLUSTER", "ADDSLOTS", *range(first, last + 1))
                for other in servers[:at]:
                    client.execute_command("CLUSTER", "MEET", "127.0.0.1", other.port)
        for server in servers:
            server.wait(knows_all)
        yield servers


def cluster_url(servers: Sequence[Server]) -> str:
    """Return the URL of a cluster."""
    return "redis+cluster://" + ",".join(f"127.0.0.1:{server.port}" for server in servers)


def knows_all(client: Any) -> bool:
    """Return whether a server of the cluster sees all three, and all slots served."""
    said = client.execute_command("CLUSTER", "INFO")
    return b"cluster_state:ok" in said and b"cluster_known_nodes:3" in said


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

    def fail_over(self) -> None:
        """Kill the primary and wait until the Sentinel has put the replica in its place."""
        self.primary.kill()
        with self.sentinel.client() as client:
            client.sentinel_set(self.service, "down-after-milliseconds", 1500)
            self.sentinel.wait(lambda each: each.sentinel_master(self.service)["port"] == self.replica.port)
            client.sentinel_set(self.service, "down-after-milliseconds", 60_000)


@contextmanager
def redis_sentinel() -> Iterator[Watched]:
    """Yield a server with a replica, watched by one Sentinel that is patient with both."""
    with ExitStack() as stack:
        primary = stack.enter_context(redis_server())
        replica = stack.enter_context(redis_server(replicaof=f"127.0.0.1 {primary.port}"))
        folder = Path(stack.enter_context(TemporaryDirectory(prefix="zipline-sentinel-")))
        sentinel = Server(_program(), folder, port=free_port(), sentinel=True)
        (folder / "sentinel.conf").write_text(
            f"port {sentinel.port}\nbind 127.0.0.1\ndir {folder}\n"
            f"sentinel monitor shop 127.0.0.1 {primary.port} 1\n"
            "sentinel down-after-milliseconds shop 60000\nsentinel failover-timeout shop 20000\n"
        )
        stack.callback(sentinel.kill)
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
