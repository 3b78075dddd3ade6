"""A real PostgreSQL for tests: the one that is named, or one of its own on this machine.

In order: the address in ZIPLINE_TEST_POSTGRES_URL; a server of this machine's (PATH, or where Debian puts it), started
on a free port with an empty cluster; the same after `apt-get install` where that is allowed (root and CI=true).
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory

from adbc_driver_manager import OperationalError
from adbc_driver_postgresql.dbapi import connect

from tests.services.process import free_port, leave_out, start, stop

SECONDS = 60


@contextmanager
def postgres() -> Iterator[str]:
    """Yield the URL of a database on a server that is there as long as the block runs."""
    given = os.environ.get("ZIPLINE_TEST_POSTGRES_URL")
    if given:
        yield given
        return
    programs = _programs() or _installed()
    if programs is None:
        leave_out(
            "tests with PostgreSQL", "no server here; install postgresql, or set ZIPLINE_TEST_POSTGRES_URL"
        )
        return
    user = "nobody" if os.geteuid() == 0 else None  # it refuses to run as root
    with TemporaryDirectory(prefix="zipline-postgres-") as name:
        folder = Path(name)
        if user:
            shutil.chown(folder, user)
        yield from _cluster(programs, folder, user)


def _programs() -> Path | None:
    """Return the folder with initdb and postgres."""
    on_path = shutil.which("initdb")
    debian = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda each: int(each.parts[-3]))
    found = [Path(on_path), *debian[::-1]] if on_path else debian[::-1]
    return next((each.parent for each in found if (each.parent / "postgres").exists()), None)


def _installed() -> Path | None:
    if os.geteuid() != 0 or os.environ.get("CI") != "true" or not shutil.which("apt-get"):
        return None
    for step in (["update"], ["install", "-y", "--no-install-recommends", "postgresql"]):
        subprocess.run(
            ["apt-get", "-q", *step], check=False, env={**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
        )
    return _programs()


def _cluster(programs: Path, folder: Path, user: str | None) -> Iterator[str]:
    data, port = folder / "data", free_port()
    options = ["-U", "zipline", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync"]
    with (folder / "initdb.log").open("wb") as log:
        made = start([programs / "initdb", "-D", data, *options], log=log, user=user)
        if made.wait(SECONDS):
            raise RuntimeError((folder / "initdb.log").read_text())
    settings = {
        "fsync": "off",
        "max_connections": "50",
        "shared_buffers": "16MB",
        "log_statement": "all",
        "unix_socket_directories": "",
        "listen_addresses": "127.0.0.1",
    }
    said = [f"--{name}={value}" for name, value in settings.items()]
    with (folder / "log").open("wb") as log:
        command: list[str | Path] = [programs / "postgres", "-D", data, "-p", str(port), *said]
        server = start(command, log=log, user=user, end=signal.SIGINT)
        try:
            url = f"postgresql://zipline@127.0.0.1:{port}/postgres"
            _answers(url, server, folder / "log")
            yield url
        finally:
            stop(server, signal.SIGINT)  # without waiting for clients


def _answers(url: str, server: subprocess.Popen[bytes], log: Path) -> None:
    """Wait until the server answers, or ends."""
    deadline = time.monotonic() + SECONDS
    while time.monotonic() < deadline:
        with suppress(OperationalError), connect(url):
            return
        with suppress(subprocess.TimeoutExpired):
            server.wait(0.05)
            break
    raise RuntimeError(log.read_text())
