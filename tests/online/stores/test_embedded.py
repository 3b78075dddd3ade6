"""The embedded store between processes, and when its file is not what it should be."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.online.stores.test_suite import LOG, S, created, document, write
from tests.refusals import refusal
from zipline.errors import OnlineError, StoreUnavailable
from zipline.online.calls import (
    NOWHERE,
    Append,
    Appended,
    CreateShard,
    DropShard,
    GetEntry,
    ListEntries,
    Meta,
    PutEntry,
    ReadMeta,
    SetReady,
    Shard,
)
from zipline.online.stores.embedded import EmbeddedStore
from zipline.online.stores.embedded_tables import FILE, Tables

ROOT = Path(__file__).resolve().parents[3]
OTHER = """
import sys
from pathlib import Path
from zipline.online.calls import *
from zipline.online.stores.embedded import EmbeddedStore
store = EmbeddedStore(Path(sys.argv[1]), timeout=20)
shard = Shard("carrier_delays@2.1", 3)
store.do(CreateShard(shard, None, 0))
print("writer", flush=True)
"""
WAIT = "sys.stdin.read()\n"
FLOOD = """
offset = store.do(ReadMeta(shard)).logs.get("a", Applied(NOWHERE, 0)).offset
while True:
    documents = tuple((b"e%d" % at, b"x" * 500) for at in range(100))
    assert store.do(Append(shard, "a", offset, offset + 1, 0, documents)).done
    offset += 1
    print(offset, flush=True)
"""
FORK = """
import os, re
if os.fork():
    os.wait()
    store.do(SetReady(shard))
else:
    try:
        print(store.do(ReadMeta(shard)) is not None, end=" ", flush=True)
        store.do(SetReady(shard))
    except Exception as error:
        print(re.search("process [0-9]+ writes", str(error))[0], flush=True)
"""


@contextmanager
def another(folder: Path, code: str) -> Iterator[subprocess.Popen[bytes]]:
    """Run code in another process, which is the writer by now."""
    with subprocess.Popen(
        [sys.executable, "-c", OTHER + code, folder], cwd=ROOT, stdin=-1, stdout=-1
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"writer\n"
        yield process
        process.kill()


@pytest.fixture
def store(tmp_path: Path) -> Iterator[EmbeddedStore]:
    made = EmbeddedStore(tmp_path, timeout=20)
    yield made
    made.close()


def test_one_process_writes_and_the_others_are_told_which(store: EmbeddedStore, tmp_path: Path) -> None:
    with another(tmp_path, WAIT) as process:
        assert store.do(ReadMeta(S)) == Meta(ready=False, cut=None, floor=0)
        for call in (CreateShard(S, None, 0), Append(S, LOG, NOWHERE, 1, 1), SetReady(S), DropShard(S)):
            told = refusal(lambda call=call: store.do(call), StoreUnavailable)  # type: ignore[misc]
            assert told == (
                f"{tmp_path}: process {process.pid} writes to this embedded store, and only one process may\n"
                "Hint: stop that one, or keep the online state in Redis, where many may write"
            )
        assert store.do(PutEntry("a", None, b"x")) is True  # the catalog is everybody's
    write(store, [(b"UA", b"ab")])  # it has ended, and the lock with it


def test_a_closed_store_leaves_the_folder_to_others(store: EmbeddedStore, tmp_path: Path) -> None:
    created(store)
    second = EmbeddedStore(tmp_path)  # of the same process: it may write too
    write(second, [(b"UA", b"ab")])
    store.close()
    write(second, [(b"UA", b"cd")])
    second.close()
    with another(tmp_path, WAIT):
        assert document(store, b"UA") == b"abcd"


def test_a_child_reads_and_does_not_write(store: EmbeddedStore, tmp_path: Path) -> None:
    with another(tmp_path, FORK) as process:
        assert process.stdout is not None
        assert process.stdout.read().decode() == f"True process {process.pid} writes\n"
    assert store.do(ReadMeta(S)) == Meta(ready=True, cut=None, floor=0)


def test_a_writer_that_is_killed_leaves_whole_steps(store: EmbeddedStore, tmp_path: Path) -> None:
    for least in (3, 6):
        with another(tmp_path, FLOOD) as process:
            assert process.stdout is not None
            while int(process.stdout.readline()) < least:
                pass
            process.kill()
        offset = store.do(ReadMeta(S)).logs["a"].offset
        assert offset >= least
        assert document(store, b"e0") == document(store, b"e99") == b"x" * 500 * (offset + 1)


def test_readers_do_not_wait_for_the_writer(store: EmbeddedStore, tmp_path: Path) -> None:
    created(store)
    with sqlite3.connect(tmp_path / FILE, isolation_level=None) as other:
        other.execute("BEGIN IMMEDIATE")
        other.execute("DELETE FROM shards")
        assert store.do(ReadMeta(S)) is not None
        other.execute("ROLLBACK")
    other.close()


def test_a_writer_waits_no_longer_than_it_may(store: EmbeddedStore, tmp_path: Path) -> None:
    created(store)
    hasty = EmbeddedStore(tmp_path, timeout=0.05)
    with sqlite3.connect(tmp_path / FILE, isolation_level=None) as other:
        other.execute("BEGIN IMMEDIATE")
        told = refusal(lambda: hasty.do(PutEntry("a", None, b"x")), StoreUnavailable)
        other.execute("ROLLBACK")
    other.close()
    assert told == (
        f"{tmp_path / FILE}: another process was writing for too long\nHint: call again, or set [online] timeout"
    )
    assert hasty.do(PutEntry("a", None, b"x")) is True
    hasty.close()


def test_threads_share_a_store(store: EmbeddedStore) -> None:
    shards = [Shard("v@1.1", number) for number in range(8)]

    def work(shard: Shard) -> bytes | None:
        created(store, shard)
        for _ in range(20):
            write(store, [(b"UA", b"%d" % shard.number)], shard)
        return document(store, b"UA", shard)

    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(work, shards)) == [b"%d" % number * 20 for number in range(8)]


def test_an_error_within_a_step_undoes_all_of_it(
    store: EmbeddedStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    created(store)
    write(store, [(b"UA", b"ab")])
    deltas = ((b"UA", b"cd"), (b"new", b"x"))

    def full(*_: object) -> None:
        raise sqlite3.OperationalError("database or disk is full")

    with monkeypatch.context() as patch:
        patch.setattr(Tables, "set_meta", full)
        told = refusal(lambda: store.do(Append(S, LOG, 9, 10, 1, deltas)), StoreUnavailable)
        assert "it cannot be used: database or disk is full" in told
        assert "may this user read and write the folder and its files?" in told
    assert document(store, b"UA") == b"ab"
    assert document(store, b"new") is None
    assert store.do(Append(S, LOG, 9, 10, 1, deltas)) == Appended(True, 10, (4, 1))


def test_a_shard_that_was_not_made_after_all_is_not_remembered(
    store: EmbeddedStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = Shard("first@1.1", 0), Shard("second@1.1", 0)

    def half(tables: Tables, shard: Shard, meta: object) -> None:
        assert tables._id(shard)
        raise sqlite3.OperationalError("disk I/O error")

    with monkeypatch.context() as patch:
        patch.setattr(Tables, "set_meta", half)
        refusal(lambda: store.do(CreateShard(first, None, 0)), StoreUnavailable)
    created(store, second)  # which takes the place that the first did not get
    created(store, first)
    write(store, [(b"UA", b"1")], first)
    write(store, [(b"UA", b"2")], second)
    assert (document(store, b"UA", first), document(store, b"UA", second)) == (b"1", b"2")


def test_a_full_disk_is_told(store: EmbeddedStore, monkeypatch: pytest.MonkeyPatch) -> None:
    created(store)

    def full(*_: object) -> None:
        error = sqlite3.OperationalError("database or disk is full")
        error.sqlite_errorname = "SQLITE_FULL"
        raise error

    monkeypatch.setattr(Tables, "set_meta", full)
    told = refusal(lambda: store.do(Append(S, LOG, NOWHERE, 10, 1)), StoreUnavailable)
    assert told.endswith(f"{FILE}: the disk is full")


def torn(file: Path) -> None:
    file.write_bytes(file.read_bytes()[: 3 * 4096 + 100])


def scrambled(file: Path) -> None:
    data = bytearray(file.read_bytes())
    data[100:4000] = b"\xee" * 3900
    file.write_bytes(data)


def overwritten(file: Path) -> None:
    file.write_bytes(b"this is no database at all, but long enough to look at" * 100)


def emptied(file: Path) -> None:
    file.write_bytes(b"")


def foreign(file: Path) -> None:
    file.unlink()
    other = sqlite3.connect(file)
    other.execute("CREATE TABLE t (x)")
    other.close()


@pytest.mark.parametrize("damage", [torn, scrambled, overwritten, emptied, foreign])
def test_a_file_that_is_not_as_we_left_it_is_told(tmp_path: Path, damage: Callable[[Path], None]) -> None:
    store = EmbeddedStore(tmp_path, timeout=20)
    created(store)
    write(store, [(b"e%d" % number, b"x" * 2000) for number in range(100)])
    store.close()
    file = tmp_path / FILE
    damage(file)
    calls: tuple[Any, ...] = (
        ReadMeta(S),
        GetEntry("a"),
        ListEntries(""),
        Append(S, LOG, 9, 10, 1, ((b"e50", b"y"),)),
    )
    said = []
    for call in calls:
        try:
            store.do(call)
        except OnlineError as error:
            said.append(str(error))
    store.close()
    assert said
    for text in said:
        assert text.startswith(f"{file}: ")
        assert (
            "the file is damaged, or not of zipline: " in text
            and "Hint: delete the folder, then fill it again" in text
        ) or (
            "this is no embedded store of layout 1, but application 0x0, layout 0" in text
            and "Hint: name another folder, or delete this one and fill it again" in text
        )


def test_a_folder_that_cannot_be_one(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    store = EmbeddedStore(tmp_path / "file" / "online")
    for call in (GetEntry("a"), CreateShard(S, None, 0)):
        told = refusal(lambda call=call: store.do(call), StoreUnavailable)  # type: ignore[misc]
        assert "it cannot be used: " in told


def test_many_processes_make_the_file_at_once(tmp_path: Path) -> None:
    code = (
        "import sys\nfrom pathlib import Path\nfrom zipline.online.calls import PutEntry\n"
        "from zipline.online.stores.embedded import EmbeddedStore\nsys.stdin.read()\n"
        "assert EmbeddedStore(Path(sys.argv[1]), timeout=20).do(PutEntry(sys.argv[2], None, b'x'))"
    )
    processes = [
        subprocess.Popen([sys.executable, "-c", code, tmp_path / "new", str(at)], cwd=ROOT, stdin=-1)
        for at in range(4)
    ]
    for process in processes:
        assert process.stdin is not None
        process.stdin.close()
    assert [process.wait() for process in processes] == [0] * 4
    store = EmbeddedStore(tmp_path / "new")
    assert store.do(ListEntries("")) == ("0", "1", "2", "3")
    store.close()
    assert sorted(each.name for each in (tmp_path / "new").iterdir()) == [FILE]


def test_a_document_does_not_outgrow_a_value(store: EmbeddedStore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("zipline.online.stores.meaning.LARGEST", 5)
    created(store)
    write(store, [(b"UA", b"abc"), (b"DL", b"abcd")])
    told = refusal(lambda: store.do(Append(S, LOG, 9, 10, 1, ((b"UA", b"de"), (b"DL", b"ef")))), OnlineError)
    assert told.startswith(
        f"shard 3 of {S.fill}: the document of b'DL' would become longer than 5 bytes\nHint: "
    )
    assert document(store, b"UA") == b"abc"
