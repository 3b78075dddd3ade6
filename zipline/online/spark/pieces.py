"""The records of a task as batches of its partition: what the worker's readers give of a log."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from itertools import groupby
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from zipline.errors import StreamError
from zipline.online.spark.job import Span
from zipline.online.streams.base import Batch, Partition
from zipline.online.streams.record_values import RecordValues

COLUMNS: Final = ("topic", "partition", "offset", "timestamp", "value")
"""What is read of a record."""
ROWS: Final = 40_000
"""Of a batch, at most: as many as the worker's."""


def pieces(
    records: Iterator[pa.RecordBatch], spans: Mapping[Partition, Span], clock: Callable[[], int]
) -> Iterator[tuple[Span, Iterator[Batch]]]:
    """Yield each partition's span with its batches; records of partitions without one are passed over.

    Args:
        records: `COLUMNS`, those of a partition one after another.
        spans: what is to be applied.
        clock: nanoseconds since the epoch.

    Raises:
        StreamError: the offsets of a partition do not ascend within its span.
    """
    parts = (part for each in records for part in _parts(each))
    for partition, group in groupby(parts, lambda part: part[0]):
        if partition in spans:
            yield spans[partition], batches(spans[partition], (each for _, each in group), clock)


def _parts(records: pa.RecordBatch) -> Iterator[tuple[Partition, pa.RecordBatch]]:
    """Yield runs of records of one partition, of a batch's size at most."""
    if not len(records):
        return
    topics = records["topic"].dictionary_encode()
    numbers = records["partition"].to_numpy()
    codes = topics.indices.to_numpy()
    changes = np.flatnonzero((numbers[1:] != numbers[:-1]) | (codes[1:] != codes[:-1])) + 1
    ends = [*changes.tolist(), len(records)]
    start = 0
    for end in ends:
        partition = Partition(topics.dictionary[codes[start]].as_py(), int(numbers[start]))
        for first in range(start, end, ROWS):
            yield partition, records.slice(first, min(ROWS, end - first))
        start = end


def batches(span: Span, records: Iterator[pa.RecordBatch], clock: Callable[[], int]) -> Iterator[Batch]:
    """Yield batches that cover a span whole: the last one ends where it does, whatever its last record's offset."""
    start, held = span.start, None
    for each in records:
        if held is not None:
            batch = _batch(span, start, None, held, clock)
            start = batch.stop
            yield batch
        held = each
    if held is not None:
        yield _batch(span, start, span.stop, held, clock)


def _batch(
    span: Span, start: int, stop: int | None, records: pa.RecordBatch, clock: Callable[[], int]
) -> Batch:
    offsets = np.asarray(records["offset"].to_numpy(), np.int64)
    if offsets[0] < start or offsets[-1] >= span.stop or (np.diff(offsets) <= 0).any():
        raise StreamError(
            f"Spark gave the offsets {offsets.min()} to {offsets.max()}, out of order or beyond {start} to {span.stop}",
            where=f"topic {span.partition.topic!r}, partition {span.partition.number}",
            hint="do other queries change what its Kafka source gives? Stream without --engine spark",
        )
    arrivals = np.asarray(records["timestamp"].cast(pa.int64()).to_numpy(), np.int64)
    # A producer's clock may be ahead; what has not arrived by our clock cannot be behind us.
    latest = min(int(arrivals[-1]), clock() // 1000)
    stop = int(offsets[-1]) + 1 if stop is None else stop
    return Batch(span.partition, start, stop, values_of_column(records["value"]), arrivals, offsets, latest)


def values_of_column(column: Any) -> RecordValues:
    """Return the values of a binary column, without copying them.

    >>> list(values_of_column(pa.array([b"a", None, b""])))
    [b'a', None, b'']
    """
    column = column.cast(pa.large_binary())
    _, offsets, data = column.buffers()
    ends = np.frombuffer(offsets, np.int64)[column.offset : column.offset + len(column) + 1]
    lengths = np.where(np.asarray(pc.is_valid(column)), np.diff(ends), -1)
    bytes_ = np.frombuffer(data, np.uint8) if data is not None else np.empty(0, np.uint8)
    return RecordValues(bytes_, ends[:-1], lengths)
