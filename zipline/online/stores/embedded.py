"""A store in one folder, without a server: one process writes its shards, many read.

The file is SQLite's, in write-ahead mode: readers do not wait for the writer, and a step is a transaction.
`synchronous=NORMAL`: after a power cut the file is whole and stands as it was some steps earlier, documents and offsets
alike, which is what Redis promises with `appendfsync everysec`, and what the protocol repairs from the log. A process
that is killed loses nothing. FULL would sync the disk in every step and promise what no caller needs.
"""

from __future__ import annotations

import asyncio
import os
import sqlite3
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Lock
from typing import Any, Final

from zipline.errors import OnlineError, StoreUnavailable
from zipline.online import calls
from zipline.online.calls import Call
from zipline.online.stores.embedded_tables import FILE, Tables, open_tables
from zipline.online.stores.embedded_writer import become_writer, resign_writer
from zipline.online.stores.meaning import step

_READS: Final = frozenset(
    (calls.ReadMeta, calls.ListEntities, calls.Read, calls.ReadAll, calls.GetEntry, calls.ListEntries)
)
_THREADS: Final = 4


class EmbeddedStore:
    """A `Store` in a folder; threads may share it, and so may processes that read.

    The first step that writes a shard makes this process the writer, until the store is closed or the process ends. The
    catalog may be written to by any process.

    Args:
        folder: made by the first call.
        timeout: seconds to wait for another process's step.
    """

    def __init__(self, folder: Path, *, timeout: float = 0.25) -> None:
        self._folder = folder
        self._timeout = timeout
        self._free: list[Tables] = []
        self._parents: list[Tables] = []
        self._process = os.getpid()
        self._writing = Lock()
        self._writer = False

    def do(self, call: Call) -> Any:
        """Make a call and return its answer.

        Raises:
            StoreUnavailable: the folder cannot be used, another process is its writer, or was busy for too long.
            OnlineError: the file is damaged, or not ours.
        """
        try:
            if type(call) in _READS:
                return self._turn(call, "BEGIN")
            with self._writing:
                if not self._writer and not isinstance(call, calls.PutEntry):
                    become_writer(self._folder)
                    self._writer = True
                return self._turn(call, "BEGIN IMMEDIATE")
        except (sqlite3.Error, OSError) as error:
            raise _in_words(error, self._folder / FILE) from error

    def close(self) -> None:
        """Close the file; another process may write from now on."""
        while self._free:
            self._free.pop().close()
        with self._writing:
            if self._writer:
                resign_writer(self._folder)
                self._writer = False

    def _turn(self, call: Call, begin: str) -> Any:
        """Take a step in a transaction: what it reads is as it was at one moment, what it writes is whole."""
        if self._process != os.getpid():  # a connection must not be used on both sides of a fork
            self._parents, self._free = self._free, []  # kept, as closing them here might end them there
            self._process, self._writer = os.getpid(), False
        try:
            tables = self._free.pop()
        except IndexError:
            tables = open_tables(self._folder, self._timeout)
        try:
            tables.run(begin)
            answer = step(tables, call)
            tables.run("COMMIT")
        except BaseException:
            tables.roll_back()
            raise
        finally:
            self._free.append(tables)
        return answer


class AsyncEmbeddedStore:
    """An `AsyncStore` of the same: steps are taken in threads."""

    def __init__(self, folder: Path, *, timeout: float = 0.25) -> None:
        self._store = EmbeddedStore(folder, timeout=timeout)
        self._threads = ThreadPoolExecutor(_THREADS, thread_name_prefix="zipline-embedded")

    async def do(self, call: Call) -> Any:
        """Make a call and return its answer; errors as `EmbeddedStore.do` says."""
        return await asyncio.get_running_loop().run_in_executor(self._threads, self._store.do, call)

    async def close(self) -> None:
        """Close the file once the threads have ended."""
        await asyncio.to_thread(self._threads.shutdown)
        self._store.close()


def _in_words(error: sqlite3.Error | OSError, file: Path) -> OnlineError:
    """Return what to raise in place of an error of SQLite or of the file system."""
    where, kind = str(file), getattr(error, "sqlite_errorname", "")
    if kind.startswith(("SQLITE_CORRUPT", "SQLITE_NOTADB")) or "no such table" in str(error):
        return OnlineError(
            f"the file is damaged, or not of zipline: {error}", where=where,
            hint="delete the folder, then fill it again: `zipline apply`, `zipline materialize`, `zipline stream`",
        )  # fmt: skip
    if kind.startswith("SQLITE_BUSY"):
        return StoreUnavailable(
            "another process was writing for too long",
            where=where,
            hint="call again, or set [online] timeout",
        )
    if kind == "SQLITE_FULL":
        return StoreUnavailable("the disk is full", where=where)
    return StoreUnavailable(
        f"it cannot be used: {error}",
        where=where,
        hint="may this user read and write the folder and its files?",
    )
