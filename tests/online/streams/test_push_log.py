"""The log of pushed rows: durable, in one order, its arrivals only growing, for many processes."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from itertools import pairwise
from pathlib import Path

import pytest

from zipline.errors import StreamError
from zipline.online.streams.push_log import PushLog
from zipline.online.streams.push_reader import PUSH, PushReader

WRITER = """
import sys
from pathlib import Path
from zipline.online.streams.push_log import PushLog
log = PushLog(Path(sys.argv[1]), "clicks")
for number in range(int(sys.argv[3])):
    log.append([f"{sys.argv[2]}-{number}".encode()], 1)
"""


def test_records_are_read_by_position(tmp_path: Path) -> None:
    log = PushLog(tmp_path / "push", "clicks", clock=lambda: 5_000_000)
    assert (log.append([b"a"], 2), log.append([b"b"], 1), log.end()) == (2, 1, 2)
    assert log.read(0, 10) == [(0, 5000, b"a"), (1, 5001, b"b")]
    assert log.read(1, 10) == [(1, 5001, b"b")]
    assert log.read(0, 1) == [(0, 5000, b"a")]
    log.close()


def test_a_call_that_is_repeated_appends_nothing(tmp_path: Path) -> None:
    log = PushLog(tmp_path, "clicks")
    assert log.append([b"a"], 2, "call") == 2
    assert log.append([b"b"], 7, "call") == 2
    assert log.append([b"c"], 1, "other") == 1
    assert [value for *_, value in log.read(0, 10)] == [b"a", b"c"]
    log.close()


def test_arrivals_grow_although_the_clock_goes_back(tmp_path: Path) -> None:
    times = iter([9_000_000, 3_000_000, 3_000_000, 20_000_000])
    log = PushLog(tmp_path, "clicks", clock=times.__next__)
    log.append([b"a"], 1)
    end, looked = log.look()
    log.append([b"b"], 1)
    log.append([b"c"], 1)
    assert (end, looked) == (1, 9001)
    assert [arrival for _, arrival, _ in log.read(0, 10)] == [9000, 9002, 20_000]
    log.close()


def test_processes_append_together(tmp_path: Path) -> None:
    writers = [
        subprocess.Popen([sys.executable, "-c", WRITER, tmp_path, name, "25"], env=os.environ | {"X": name})
        for name in "ab"
    ]
    assert [each.wait() for each in writers] == [0, 0]
    log = PushLog(tmp_path, "clicks")
    found = log.read(0, 100)
    log.close()
    assert [position for position, *_ in found] == list(range(50))
    assert all(before < after for (_, before, _), (_, after, _) in pairwise(found))
    for name in "ab":
        own = [value.decode() for *_, value in found if value.decode().startswith(name)]
        assert own == [f"{name}-{number}" for number in range(25)]


def test_a_file_that_is_no_log(tmp_path: Path) -> None:
    (tmp_path / "clicks.sqlite").write_bytes(b"something else" * 100)
    with pytest.raises(StreamError, match="the log of pushed rows: file is not a database") as caught:
        PushLog(tmp_path, "clicks")
    assert caught.value.hint == "see [push] folder in zipline.toml"


def test_a_log_that_another_process_holds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("zipline.online.streams.push_log.WAIT_SECONDS", 0.05)
    log = PushLog(tmp_path, "clicks")
    other = sqlite3.connect(log.path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(StreamError, match="database is locked"):
        log.append([b"a"], 1)
    other.execute("ROLLBACK")
    assert log.append([b"a"], 1) == 1
    other.close()
    log.close()


def test_one_reader_of_a_machine_has_it(tmp_path: Path) -> None:
    first, second = (PushReader(PushLog(tmp_path, "clicks")) for _ in range(2))
    for each in (first, second):
        assert each.assignment() == {}
        each.subscribe(["push"])
    assert (first.assignment(), second.assignment()) == ({PUSH: 1}, {})
    first.close()
    assert second.assignment() == {PUSH: 1}
    second.close()


def test_a_reader_gives_batches_and_says_when_it_has_all(tmp_path: Path) -> None:
    log, now = PushLog(tmp_path, "clicks", clock=lambda: 7_000_000), [0.0]
    reader = PushReader(log, clock=lambda: now[0])
    reader.assign([PUSH])
    assert reader.poll(0, 10) == []  # nothing is read before it is sought
    reader.seek(PUSH, 0)
    for value in (b"a", b"b", b"c"):
        log.append([value], 1)
    (first,), (second,) = reader.poll(0, 2), reader.poll(0, 2)
    assert (first.start, first.stop, list(first.values), first.watermark) == (0, 2, [b"a", b"b"], 7001)
    assert (second.start, second.stop, second.positions.tolist(), reader.lags()) == (2, 3, [2], {PUSH: 0})
    (quiet,) = reader.poll(0, 2)
    assert (quiet.start, quiet.stop, len(quiet), quiet.watermark) == (3, 3, 0, 7003)
    assert reader.poll(0, 2) == []  # it has just looked
    now[0] += 1
    assert len(reader.poll(0, 2)) == 1
    reader.close()


def test_a_log_that_lost_its_end(tmp_path: Path) -> None:
    reader = PushReader(PushLog(tmp_path, "clicks"))
    with pytest.raises(
        StreamError, match="offset 3 is to be read, and the log of pushed rows ends at 0"
    ) as error:
        reader.seek(PUSH, 3)
    assert "deleted or put back to an older state" in str(error.value.hint)
    assert reader.bounds([PUSH]) == {PUSH: (0, 0)}
    reader.close()
