"""Records that we unpack are those that kafka-python unpacks, from the same bytes."""

from __future__ import annotations

from random import Random
from typing import Any

import numpy as np
import pytest
from kafka import TopicPartition
from kafka.consumer.fetcher import Fetcher
from kafka.errors import CorruptRecordError
from kafka.record import MemoryRecords, MemoryRecordsBuilder

from zipline.engines.kernels.log_records import find_records
from zipline.online.streams.kafka_records import Several, Unpacked, together

TP = TopicPartition("flights", 3)


def batch(count: int, *, offset: int = 0, compression: int = 0, magic: int = 2, seed: int = 1) -> bytes:
    random = Random(seed)
    builder = MemoryRecordsBuilder(magic, compression, 1 << 20, offset)
    for number in range(count):
        key = random.choice([None, b"", b"k" * 200])
        value = random.choice([None, b"", b"v", random.randbytes(300)])
        if magic < 2 or (key is None and value is None):
            value = b"x"
        headers = [("h" * n, random.choice([None, b"", b"x" * 70])) for n in range(random.randrange(3))]
        builder.append(
            1_700_000_000_000 + random.randrange(-5000, 5000) + number,
            key,
            value,
            headers if magic == 2 else [],
        )
    builder.close()
    return bytes(builder.buffer())


def unpacked(kind: Any, data: bytes, fetch_offset: int = 0) -> tuple[list[Any], int]:
    found = kind(fetch_offset, TP, MemoryRecords(data))
    records = found.take()
    return listed(records), found.next_fetch_offset


def listed(records: Any) -> list[Any]:
    """Return (offset, timestamp, value) of records: ours, or a list of kafka-python's."""
    if isinstance(records, Several):
        columns = records.offsets.tolist(), records.stamps.tolist(), list(records.values)
        return list(zip(*columns, strict=True))
    return [(each.offset, -1 if each.timestamp is None else each.timestamp, each.value) for each in records]


@pytest.mark.parametrize("compression", [0, 1])
@pytest.mark.parametrize("count", [1, 2, 200])
def test_records_are_the_same(count: int, compression: int) -> None:
    data = batch(count, compression=compression) + batch(3, offset=count + 7, seed=2)
    ours, theirs = unpacked(Unpacked, data), unpacked(Fetcher.PartitionRecords, data)
    assert ours == theirs
    assert len(ours[0]) == count + 3
    assert ours[1] == count + 10


def test_a_fetch_that_begins_within_a_batch() -> None:
    data = batch(50)
    assert unpacked(Unpacked, data, 20) == unpacked(Fetcher.PartitionRecords, data, 20)
    assert unpacked(Unpacked, data, 20)[0][0][0] == 20


@pytest.mark.parametrize("magic", [0, 1])
def test_older_messages(magic: int) -> None:
    data = batch(5, magic=magic)
    assert unpacked(Unpacked, data) == unpacked(Fetcher.PartitionRecords, data)


@pytest.mark.parametrize("size", [1, 4, 7, 100])
def test_some_at_a_time(size: int) -> None:
    data = batch(10) + batch(5, offset=12, seed=4)
    ours, theirs = (kind(3, TP, MemoryRecords(data)) for kind in (Unpacked, Fetcher.PartitionRecords))
    parts = []
    while theirs:
        some = ours.take(size)
        assert listed(some) == listed(theirs.take(size))
        assert (ours.next_fetch_offset, bool(ours)) == (theirs.next_fetch_offset, bool(theirs))
        parts += list(some) if some else []
    assert listed(together(parts)) == unpacked(Unpacked, data, 3)[0]
    assert len(together([])) == 0


def test_what_goes_wrong_after_some_records_is_raised_the_next_time() -> None:
    data = bytearray(batch(5) + batch(5, offset=5))
    data[-3] ^= 0x40
    found = Unpacked(0, TP, MemoryRecords(bytes(data)))
    assert found.take(100).offsets.tolist() == list(range(5))
    with pytest.raises(CorruptRecordError, match="is damaged"):
        found.take(100)


@pytest.mark.parametrize("at", [0x20, 0x11, 80])
def test_damaged_bytes_are_an_error(at: int) -> None:
    data = bytearray(batch(5))
    data[at] ^= 0x40
    with pytest.raises(CorruptRecordError, match="of flights 3 at offset 0 is damaged"):
        unpacked(Unpacked, bytes(data))


def test_records_that_do_not_fit_their_bytes() -> None:
    """Without its checksum a batch may say anything: what is read stays within the bytes."""
    whole = np.frombuffer(batch(20)[61:], np.uint8)
    arrays = [np.empty(20, np.int64) for _ in range(4)]
    assert find_records(whole, 0, *arrays) == len(whole)
    random = Random(3)
    for _ in range(2000):
        data = whole[: random.randrange(1, len(whole))].copy()
        data[random.randrange(len(data))] ^= 1 << random.randrange(8)
        end = find_records(data, 0, *arrays)
        assert -1 <= end <= len(data)
        if end == len(data):
            assert all(0 <= start <= len(data) for start in arrays[2].tolist())
