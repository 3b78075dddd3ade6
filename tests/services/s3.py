"""An S3-compatible server for tests: moto's, an emulator of the real thing, in a process of its own on a free port."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.error import URLError
from urllib.request import urlopen

from tests.services.process import free_port, leave_out, start, stop

SECONDS = 60


@contextmanager
def s3() -> Iterator[str]:
    """Yield the address of a server without buckets that is there as long as the block runs."""
    if find_spec("moto") is None or find_spec("s3fs") is None:
        leave_out("tests with S3", "moto[server] or s3fs is not installed")
    with TemporaryDirectory(prefix="zipline-s3-") as name:
        port, log = free_port(), Path(name) / "log"
        with log.open("wb") as sink:
            server = start(
                [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)], log=sink
            )
            try:
                _answers(f"http://127.0.0.1:{port}", server, log)
                yield f"http://127.0.0.1:{port}"
            finally:
                stop(server)


def _answers(address: str, server: subprocess.Popen[bytes], log: Path) -> None:
    """Wait until the server answers, or ends."""
    deadline = time.monotonic() + SECONDS
    while time.monotonic() < deadline:
        with suppress(URLError, ConnectionError), urlopen(f"{address}/moto-api/"):
            return
        with suppress(subprocess.TimeoutExpired):
            server.wait(0.05)
            break
    raise RuntimeError(log.read_text())
