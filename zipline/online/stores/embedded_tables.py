"""The tables of an embedded store: a `Place` in SQLite."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import Final

import msgspec

from zipline.errors import OnlineError
from zipline.online.calls import Meta, Shard
from zipline.online.stores.place import meta_marker

FILE: Final = "online.sqlite"
_APPLICATION: Final = 0x7A6C6F6E
_LAYOUT: Final = 1
_SCHEMA: Final = """
CREATE TABLE shards (id INTEGER PRIMARY KEY, fill TEXT NOT NULL, number INTEGER NOT NULL, meta BLOB, marker BLOB,
    UNIQUE (fill, number));
CREATE TABLE pieces (id INTEGER PRIMARY KEY, shard INTEGER NOT NULL, key BLOB NOT NULL, value BLOB NOT NULL,
    UNIQUE (shard, key));
CREATE INDEX pieces_of_shard ON pieces (shard);
CREATE TABLE catalog (name TEXT PRIMARY KEY, value BLOB NOT NULL);
"""
_decode_meta: Final = msgspec.json.Decoder(Meta).decode


class Tables:
    """A `Place` on a connection, within a transaction that its owner begins and ends."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self.run = connection.execute
        self._ids: dict[Shard, int] = {}

    def roll_back(self) -> None:
        """End the transaction, if there is one, as if it had not been."""
        self._ids.clear()
        if self._connection.in_transaction:
            with suppress(sqlite3.Error):  # what went wrong before is what is told
                self._connection.rollback()

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()

    def meta(self, shard: Shard) -> Meta | None:
        row = self.run("SELECT meta FROM shards WHERE fill = ? AND number = ?", shard).fetchone()
        return None if row is None or row[0] is None else _decode_meta(row[0])

    def marker(self, shard: Shard) -> bytes | None:
        row = self.run("SELECT marker FROM shards WHERE id = ?", (self._known(shard),)).fetchone()
        return None if row is None else row[0]

    def set_meta(self, shard: Shard, meta: Meta | None) -> None:
        said = (None, None) if meta is None else (msgspec.json.encode(meta), meta_marker(meta))
        self.run("UPDATE shards SET meta = ?, marker = ? WHERE id = ?", (*said, self._id(shard)))

    def get(self, shard: Shard, key: bytes) -> bytes | None:
        row = self.run(
            "SELECT value FROM pieces WHERE shard = ? AND key = ?", (self._known(shard), key)
        ).fetchone()
        return None if row is None else row[0]

    def size(self, shard: Shard, key: bytes) -> int:
        row = self.run(
            "SELECT length(value) FROM pieces WHERE shard = ? AND key = ?", (self._known(shard), key)
        ).fetchone()
        return 0 if row is None else row[0]

    def set(self, shard: Shard, key: bytes, value: bytes) -> None:
        self.run(
            "INSERT INTO pieces (shard, key, value) VALUES (?, ?, ?)"
            " ON CONFLICT (shard, key) DO UPDATE SET value = excluded.value",
            (self._id(shard), key, value),
        )

    def append(self, shard: Shard, key: bytes, value: bytes) -> int:
        before = self.get(shard, key)
        whole = value if before is None else before + value
        self.set(shard, key, whole)
        return len(whole)

    def delete(self, shard: Shard, key: bytes) -> None:
        self.run("DELETE FROM pieces WHERE shard = ? AND key = ?", (self._known(shard), key))

    def keys(self, shard: Shard, cursor: int, count: int) -> tuple[list[bytes], int]:
        rows = self.run(
            "SELECT key, id FROM pieces WHERE shard = ? AND id > ? ORDER BY id LIMIT ?",
            (self._known(shard), cursor, count + 1),
        ).fetchall()
        some = rows[:count]
        return [key for key, _ in some], some[-1][1] if len(rows) > count else 0

    def entry(self, name: str) -> bytes | None:
        row = self.run("SELECT value FROM catalog WHERE name = ?", (name,)).fetchone()
        return None if row is None else row[0]

    def set_entry(self, name: str, value: bytes | None) -> None:
        if value is None:
            self.run("DELETE FROM catalog WHERE name = ?", (name,))
        else:
            self.run("INSERT OR REPLACE INTO catalog (name, value) VALUES (?, ?)", (name, value))

    def entries(self) -> Iterable[str]:
        return [name for (name,) in self.run("SELECT name FROM catalog")]

    def _known(self, shard: Shard) -> int | None:
        """Return a shard's number in the tables; it never changes, as rows of shards stay. None: there is none yet."""
        known = self._ids.get(shard)
        if known is None:
            row = self.run("SELECT id FROM shards WHERE fill = ? AND number = ?", shard).fetchone()
            if row is None:
                return None
            known = self._ids[shard] = row[0]
        return known

    def _id(self, shard: Shard) -> int:
        known = self._known(shard)
        if known is None:
            self.run("INSERT INTO shards (fill, number) VALUES (?, ?)", shard)
            known = self._known(shard)
            assert known is not None
        return known


def open_tables(folder: Path, timeout: float) -> Tables:
    """Return the tables of a folder, on a connection of their own; they are made where there are none.

    Args:
        timeout: seconds to wait for another connection's transaction.

    Raises:
        sqlite3.Error, OSError: they cannot be opened.
        OnlineError: the file is not of this version of zipline.
    """
    file = folder / FILE
    if not file.exists():
        _make(folder, file)
    connection = _connected(file, timeout)
    try:
        application, layout = (
            connection.execute(f"PRAGMA {name}").fetchone()[0] for name in ("application_id", "user_version")
        )
        if (application, layout) != (_APPLICATION, _LAYOUT):
            raise OnlineError(
                f"this is no embedded store of layout {_LAYOUT}, but application {application:#x}, layout {layout}",
                where=str(file), hint="name another folder, or delete this one and fill it again",
            )  # fmt: skip
    except BaseException:
        connection.close()
        raise
    return Tables(connection)


def _connected(file: Path, timeout: float) -> sqlite3.Connection:
    connection = sqlite3.connect(
        f"{file.resolve().as_uri()}?mode=rw",
        uri=True,
        timeout=timeout,
        isolation_level=None,
        check_same_thread=False,
    )
    connection.execute("PRAGMA synchronous = NORMAL")
    connection.execute("PRAGMA cache_size = -16384")
    return connection


def _make(folder: Path, file: Path) -> None:
    """Make the file under another name and link it: of several processes that do so, one wins, and none sees a part."""
    folder.mkdir(parents=True, exist_ok=True)
    draft = folder / f"{FILE}.{os.getpid()}.{id(folder)}"
    connection = sqlite3.connect(draft)
    try:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.executescript(
            f"{_SCHEMA} PRAGMA application_id = {_APPLICATION}; PRAGMA user_version = {_LAYOUT};"
        )
    finally:
        connection.close()
    with suppress(FileExistsError):
        os.link(draft, file)
    draft.unlink()
