"""Unpack record batches for kafka-python: all records of a batch in one compiled call, in place of many in Python.

It takes the place of two methods of kafka-python 3: records stay columns, in the bytes that were fetched. Keys and
headers are passed over, as nobody reads them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from kafka.consumer.fetcher import Fetcher
from kafka.errors import CorruptRecordError
from kafka.protocol.consumer import IsolationLevel
from numpy.typing import NDArray

from zipline.engines.kernels.log_records import find_records
from zipline.online.streams.record_values import RecordValues, joined, values_of

_NO_TIME = -1
"""What Kafka says of a record without timestamp."""


@dataclass(frozen=True)
class Several:
    """Some records, one after another.

    kafka-python adds them to its list of records and counts them: the list gets one thing, the count is of the records.

    Attributes:
        offsets, stamps: int64[n]; timestamps are in milliseconds.
        values: of the records.
    """

    offsets: NDArray[np.int64]
    stamps: NDArray[np.int64]
    values: RecordValues

    def __len__(self) -> int:
        return len(self.offsets)

    def __iter__(self) -> Iterator[Several]:
        yield self

    def part(self, rows: slice) -> Several:
        """Return some of them."""
        return Several(self.offsets[rows], self.stamps[rows], self.values.take(rows))


def together(parts: Sequence[Several]) -> Several:
    """Return the records of several as one."""
    if len(parts) == 1:
        return parts[0]
    if not parts:
        return Several(np.empty(0, np.int64), np.empty(0, np.int64), values_of([]))
    return Several(
        np.concatenate([part.offsets for part in parts]),
        np.concatenate([part.stamps for part in parts]),
        joined([part.values for part in parts]),
    )


class Unpacked(Fetcher.PartitionRecords):  # type: ignore[misc]
    """The records that one fetch brought of a partition."""

    _rest: Several | None = None

    def take(self, n: int | None = None) -> Several:
        """Return so many records, all unless told; what goes wrong after some is raised the next time."""
        self._maybe_raise_next_inline_exception()
        parts: list[Several] = []
        count = 0
        try:
            while n is None or count < n:
                part = self._next()
                if part is None:
                    break
                if n is not None and count + len(part) > n:
                    self._rest, part = part.part(slice(n - count, None)), part.part(slice(n - count))
                self.next_fetch_offset = int(part.offsets[-1]) + 1
                parts.append(part)
                count += len(part)
        except Exception as error:
            if not parts:
                raise
            self._next_inline_exception = error
        return together(parts)

    def _next(self) -> Several | None:
        """Return the next records that there are, None at the end."""
        part, self._rest = self._rest, None
        if part is None and self.record_iterator is not None:
            part = next(self.record_iterator, None)
        return part

    def _maybe_skip_record(self, record: Several) -> bool:
        """Skip nothing: records before what was asked for are left out where they are unpacked."""
        return False

    def _unpack_records(self, tp: Any, records: Any, *_: Any) -> Iterator[Several]:
        batch = records.next_batch()
        while batch is not None:
            if self.check_crcs and not batch.validate_crc():
                raise CorruptRecordError(
                    f"the batch of {tp.topic} {tp.partition} at offset {batch.base_offset} is damaged"
                )
            if batch.magic < 2:
                yield from self._older(batch)
            elif not self._is_left_out(batch):
                yield from self._records(batch)
            if batch.magic == 2:
                # Beyond the last record where compaction has taken some, or all of them.
                self.next_fetch_offset = batch.next_offset
            batch = records.next_batch()
        self.drain()

    def _is_left_out(self, batch: Any) -> bool:
        """Return whether none of a batch is to be seen: marks of transactions, and what was aborted."""
        self.leader_epoch = batch.leader_epoch
        if self.isolation_level == IsolationLevel.READ_COMMITTED and batch.has_producer_id():
            self._consume_aborted_transactions_up_to(batch.last_offset)
            if self._contains_abort_marker(batch):
                self.aborted_producer_ids.discard(batch.producer_id)
            elif self._is_batch_aborted(batch):
                return True
        return bool(batch.is_control_batch)

    def _records(self, batch: Any) -> Iterator[Several]:
        batch._maybe_uncompress()
        data = np.frombuffer(batch._buffer, np.uint8)
        offsets, stamps, starts, lengths = (np.empty(batch.records_count, np.int64) for _ in range(4))
        if find_records(data, batch._pos, offsets, stamps, starts, lengths) != len(data):
            raise CorruptRecordError(f"the records of the batch at offset {batch.base_offset} are damaged")
        stamps += batch.first_timestamp
        if batch.timestamp_type == batch.LOG_APPEND_TIME:
            stamps[:] = batch.max_timestamp
        offsets += batch.base_offset
        self.records_read += len(offsets)
        self.bytes_read += batch.size_in_bytes
        first = int(np.searchsorted(offsets, self.fetch_offset))
        if first < len(offsets):
            yield Several(offsets, stamps, RecordValues(data, starts, lengths)).part(slice(first, None))

    def _older(self, batch: Any) -> Iterator[Several]:
        """Yield the records of a message set, as brokers before 0.11 wrote them."""
        for record in batch:
            if self.check_crcs and not record.validate_crc():
                raise CorruptRecordError(f"the message at offset {record.offset} is damaged")
            if record.offset >= self.fetch_offset:
                stamp = _NO_TIME if record.timestamp is None else record.timestamp
                yield Several(np.array([record.offset]), np.array([stamp]), values_of([record.value]))
