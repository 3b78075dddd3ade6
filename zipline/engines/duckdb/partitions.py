"""Partitions: events that do not fit into memory go to files by entity, and are swept one partition at a time."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

import numpy as np
import pyarrow as pa

from zipline.engines.kernels.arrays import Booleans, Integers
from zipline.engines.kernels.sliding import list_offsets
from zipline.engines.kernels.values import one_chunk

FILES = 64  # a power of two


@dataclass(frozen=True)
class Partition:
    """The events of some entities, column by column: those whose code, modulo FILES, is in `[first, last)`."""

    events: Mapping[str, pa.Array]
    first: int = 0
    last: int = FILES

    def holds(self, codes: Integers) -> Booleans:
        """Return which codes are of this partition's entities."""
        places = codes % FILES
        return np.asarray((places >= self.first) & (places < self.last))

    @property
    def is_whole(self) -> bool:
        """Whether there is no other partition."""
        return (self.first, self.last) == (0, FILES)


def partitions(
    batches: Iterable[pa.RecordBatch], schema: pa.Schema, limit: int, folder: Path
) -> Iterator[Partition]:
    """Cut events into partitions of at most `limit` bytes where entities allow it: one entity is never cut.

    Args:
        batches: events with a column `code`.
        schema: of the batches.
        limit: bytes that one partition may have; what fits in it altogether never touches the disk.
        folder: where to put files, which are removed when read.
    """
    collected: list[pa.RecordBatch] = []
    size = 0
    rest = iter(batches)
    for batch in rest:
        collected.append(batch)
        size += batch.nbytes
        if size > limit:
            break
    else:
        yield Partition(_columns(collected, schema))
        return
    sizes = _spill(collected, rest, schema, folder)
    yield from _read(sizes, schema, limit, folder)


def _spill(
    collected: list[pa.RecordBatch], rest: Iterator[pa.RecordBatch], schema: pa.Schema, folder: Path
) -> Integers:
    """Write every event into the file of its entity; return the files' sizes in memory."""
    sizes = np.zeros(FILES, np.int64)
    with ExitStack() as stack:
        writers = [stack.enter_context(pa.ipc.new_file(folder / f"{i}.arrow", schema)) for i in range(FILES)]
        for arranged, bounds in _ahead(chain(_emptied(collected), rest)):
            for i, writer in enumerate(writers):
                part = arranged.slice(bounds[i], bounds[i + 1] - bounds[i])
                if part.num_rows:
                    writer.write_batch(part)
                    sizes[i] += part.nbytes
    return sizes


def _ahead(batches: Iterator[pa.RecordBatch]) -> Iterator[tuple[pa.RecordBatch, Integers]]:
    """Arrange batches on a thread of its own, so that meanwhile the next one is read and the one before written."""
    with ThreadPoolExecutor(1) as pool:
        waiting: list[Future[tuple[pa.RecordBatch, Integers]]] = []
        for batch in batches:
            waiting.append(pool.submit(_arranged, batch))
            if len(waiting) > 1:
                yield waiting.pop(0).result()
        for last in waiting:
            yield last.result()


def _arranged(batch: pa.RecordBatch) -> tuple[pa.RecordBatch, Integers]:
    """Return the events sorted by file, and where each file's begin and the last one's end."""
    places = (batch["code"].to_numpy() & (FILES - 1)).astype(np.uint8)
    order = np.argsort(places, kind="stable")
    return batch.take(pa.array(order)), list_offsets(np.bincount(places, minlength=FILES))


def _emptied(batches: list[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    """Yield batches and let go of each as it is done with."""
    while batches:
        yield batches.pop(0)


def _read(sizes: Integers, schema: pa.Schema, limit: int, folder: Path) -> Iterator[Partition]:
    """Read as many files together as fit in the limit."""
    first = 0
    while first < FILES:
        last = first + 1
        while last < FILES and sizes[first : last + 1].sum() <= limit:
            last += 1
        batches = [batch for i in range(first, last) for batch in _emptied_file(folder / f"{i}.arrow")]
        yield Partition(_columns(batches, schema), first, last)
        first = last


def _emptied_file(path: Path) -> list[pa.RecordBatch]:
    with pa.OSFile(str(path)) as source, pa.ipc.open_file(source) as reader:
        batches = [reader.get_batch(i) for i in range(reader.num_record_batches)]
    path.unlink()
    return batches


def _columns(batches: list[pa.RecordBatch], schema: pa.Schema) -> Mapping[str, pa.Array]:
    """Return the batches' columns, each in one piece; the batches are let go."""
    table = pa.Table.from_batches(batches, schema)
    batches.clear()
    columns = {}
    for name in schema.names:
        columns[name] = one_chunk(table[name])
        table = table.drop_columns(name)
    return columns
