"""Who writes to an embedded store: one process, which holds a lock that ends with it."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path
from threading import Lock
from typing import Final

from zipline.errors import StoreUnavailable

LOCK: Final = "writer.lock"
_held: dict[tuple[int, Path], tuple[int, int]] = {}
_changing: Final = Lock()


def become_writer(folder: Path) -> None:
    """Make this process the writer of a folder, or count once more that it is.

    Raises:
        StoreUnavailable: another process is.
    """
    key = (os.getpid(), folder.resolve())
    with _changing:
        file, count = _held.get(key) or (_locked(folder), 0)
        _held[key] = (file, count + 1)


def resign_writer(folder: Path) -> None:
    """Undo one `become_writer`; the last lets others write."""
    key = (os.getpid(), folder.resolve())
    with _changing:
        file, count = _held.pop(key)
        if count > 1:
            _held[key] = (file, count - 1)
        else:
            os.close(file)


def _locked(folder: Path) -> int:
    """Return the lock's file, locked: by `lockf`, which a child of ours does not hold with us."""
    folder.mkdir(parents=True, exist_ok=True)
    file = os.open(folder / LOCK, os.O_RDWR | os.O_CREAT, 0o644)
    try:
        fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except (BlockingIOError, PermissionError):
        other = os.read(file, 20).decode(errors="replace").strip() or "?"
        os.close(file)
        raise StoreUnavailable(
            f"process {other} writes to this embedded store, and only one process may", where=str(folder),
            hint="stop that one, or keep the online state in Redis, where many may write",
        ) from None  # fmt: skip
    os.ftruncate(file, 0)
    os.write(file, str(os.getpid()).encode())
    return file
