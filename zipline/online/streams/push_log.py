"""The log of a source that is fed by calls: one file that many processes append to, durable before it is acknowledged.

A record is what one call pushed, or a part of it, as an Arrow IPC stream. Arrivals only grow, whatever the machine's
clock does, so that a reader who has seen the end knows that nothing older will come.
"""

from __future__ import annotations

import fcntl
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from zipline.errors import StreamError

WAIT_SECONDS: Final = 10.0
"""How long one process waits for another that appends."""
_COLUMNS = "position INTEGER PRIMARY KEY, arrival INTEGER, rows INTEGER, value BLOB, key TEXT UNIQUE"
_SCHEMA = (
    f"CREATE TABLE IF NOT EXISTS log ({_COLUMNS})",
    "CREATE TABLE IF NOT EXISTS mark (one INTEGER PRIMARY KEY CHECK (one = 1), arrival INTEGER)",
    "INSERT OR IGNORE INTO mark VALUES (1, -1)",
)


class PushLog:
    """The log of one source.

    Args:
        folder: of all push logs.
        source: its name.
        clock: nanoseconds since the epoch.
    """

    def __init__(self, folder: Path, source: str, clock: Callable[[], int] = time.time_ns) -> None:
        self.path = folder / f"{source}.sqlite"
        self._clock = clock
        self._lock = threading.Lock()
        with self._told():
            folder.mkdir(parents=True, exist_ok=True)
            # Transactions are begun by hand, and one connection serves all threads, one at a time.
            self._connection = sqlite3.connect(
                self.path, timeout=WAIT_SECONDS, isolation_level=None, check_same_thread=False
            )
            with (folder / f"{source}.making").open("wb") as making:
                # SQLite waits for no other process where both make a file, or change how it is written.
                fcntl.flock(making, fcntl.LOCK_EX)
                self._connection.execute("PRAGMA journal_mode = WAL")
                with self._alone():
                    for statement in _SCHEMA:
                        self._connection.execute(statement)

    def append(self, values: Sequence[bytes], rows: int, key: str | None = None) -> int:
        """Append what a call pushed, all or nothing, and return how many rows it has; then it is on the disk.

        Args:
            values: records, each an Arrow IPC stream.
            rows: how many they have together.
            key: of the call; one that is in the log already appends nothing, and gives the rows that it then had.

        Raises:
            StreamError: the file cannot be written.
        """
        with self._alone():
            if key is not None:
                known = self._connection.execute("SELECT rows FROM log WHERE key = ?", (key,)).fetchone()
                if known is not None:
                    return int(known[0])
            arrival = self._arrive()
            self._connection.executemany(
                "INSERT INTO log SELECT coalesce(max(position) + 1, 0), ?, ?, ?, ? FROM log",
                [
                    (arrival, 0 if number else rows, value, None if number else key)
                    for number, value in enumerate(values)
                ],
            )
        return rows

    def read(self, position: int, count: int) -> list[tuple[int, int, bytes]]:
        """Return (position, arrival in microseconds, value) of records, in order."""
        with self._told(), self._lock:
            return self._connection.execute(
                "SELECT position, arrival, value FROM log WHERE position >= ? ORDER BY position LIMIT ?",
                (position, count),
            ).fetchall()

    def end(self) -> int:
        """Return the position after the last record."""
        with self._told(), self._lock:
            found = self._connection.execute("SELECT coalesce(max(position) + 1, 0) FROM log").fetchone()
        return int(found[0])

    def look(self) -> tuple[int, int]:
        """Return the end, and a moment in microseconds: what will be appended arrives after it."""
        with self._alone(durable=False):
            arrival = self._arrive()
            found = self._connection.execute("SELECT coalesce(max(position) + 1, 0) FROM log").fetchone()
        return int(found[0]), arrival

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._connection.close()

    def _arrive(self) -> int:
        """Take the next moment."""
        (last,) = self._connection.execute("SELECT arrival FROM mark").fetchone()
        arrival = max(int(last) + 1, self._clock() // 1000)
        self._connection.execute("UPDATE mark SET arrival = ?", (arrival,))
        return arrival

    @contextmanager
    def _alone(self, *, durable: bool = True) -> Iterator[None]:
        """Write in one transaction, while no other process does."""
        with self._told(), self._lock:
            self._connection.execute(f"PRAGMA synchronous = {'FULL' if durable else 'NORMAL'}")
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield
            except BaseException:
                self._connection.execute("ROLLBACK")
                raise
            self._connection.execute("COMMIT")

    @contextmanager
    def _told(self) -> Iterator[None]:
        """Raise what goes wrong with the file as zipline's error."""
        try:
            yield
        except (sqlite3.Error, OSError) as error:
            raise StreamError(
                f"the log of pushed rows: {error}", where=str(self.path), hint="see [push] folder in zipline.toml"
            ) from error  # fmt: skip
