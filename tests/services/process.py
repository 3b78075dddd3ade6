"""Servers of a test run: they end with it, even where it is killed."""

from __future__ import annotations

import ctypes
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import IO

import pytest

_PR_SET_PDEATHSIG = 1
_LIBC = ctypes.CDLL(None) if sys.platform == "linux" else None  # loaded before any fork


def free_port() -> int:
    """Return a port that nobody listens on."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def start(
    command: Sequence[str | Path],
    *,
    log: IO[bytes],
    user: str | None = None,
    cwd: Path = Path("/"),
    end: signal.Signals = signal.SIGTERM,
) -> subprocess.Popen[bytes]:
    """Start a server that gets the signal `end` when the process that started it ends, however it does."""
    before = _with_us(user, end)
    return subprocess.Popen(
        list(command), stdout=log, stderr=log, stdin=subprocess.DEVNULL, cwd=cwd,
        preexec_fn=before,  # noqa: PLW1509  it calls nothing that takes a lock
    )  # fmt: skip


def _with_us(user: str | None, end: signal.Signals) -> Callable[[], None]:
    """Return what a child does first: give up root, then ask to end with its parent (in this order: the one undoes
    the other)."""
    ids = None
    if user is not None:
        import pwd

        entry = pwd.getpwnam(user)
        ids = (entry.pw_uid, entry.pw_gid)

    def first() -> None:
        if ids is not None:
            os.setgroups([])
            os.setgid(ids[1])
            os.setuid(ids[0])
        if _LIBC is not None:
            _LIBC.prctl(_PR_SET_PDEATHSIG, end)

    return first


def stop(server: subprocess.Popen[bytes], how: signal.Signals = signal.SIGTERM) -> None:
    """End a server and wait until it has."""
    server.send_signal(how)
    try:
        server.wait(10)
    except subprocess.TimeoutExpired:
        server.kill()
        server.wait()


def leave_out(what: str, why: str) -> None:
    """Skip tests that need a service, in one line; where CI is true nothing may be left out."""
    message = f"{what} are left out: {why}"
    if os.environ.get("CI") == "true":
        pytest.fail(message)
    pytest.skip(message)
