"""Facts on their way from the tasks that make them to those that write them: some of one chunk as bytes, exactly."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from itertools import groupby
from operator import itemgetter
from typing import Final

import numpy as np
import pyarrow as pa

from zipline.online.executors.lanes import Lanes
from zipline.online.history import as_table, facts_of
from zipline.online.state.facts import Facts
from zipline.online.state.view_state import ViewState

SCHEMA: Final = "lane int, chunk int, task int, number int, facts binary"
"""Which lane and chunk facts are of, and the how manieth batch of which task they come from: their order."""
ORDER: Final = ("lane", "chunk", "task", "number")
ARROW: Final = pa.schema([*((name, pa.int32()) for name in ORDER), ("facts", pa.binary())])


def messages(
    lanes: Lanes, wanted: Collection[int], task: int, batches: Iterator[Facts]
) -> Iterator[pa.RecordBatch]:
    """Yield facts by lane and chunk; those of lanes that are not wanted are left out."""
    for number, facts in enumerate(batches):
        rows = [
            {"lane": lane, "chunk": chunk, "task": task, "number": number, "facts": packed}
            for lane, chunk, packed in _parted(lanes, wanted, facts)
        ]
        yield pa.RecordBatch.from_pylist(rows, schema=ARROW)


def _parted(lanes: Lanes, wanted: Collection[int], facts: Facts) -> Iterator[tuple[int, int, bytes]]:
    lane, chunk = lanes.places(facts)
    places = lane * lanes.chunks + chunk
    table = as_table(facts).take(pa.array(np.argsort(places, kind="stable")))
    stop = 0
    for place, count in zip(*(each.tolist() for each in np.unique(places, return_counts=True)), strict=True):
        start, stop = stop, stop + count
        lane_number, chunk_number = divmod(place, lanes.chunks)
        if lane_number in wanted:
            yield lane_number, chunk_number, _packed(table.slice(start, count))


def _packed(table: pa.Table) -> bytes:
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table.combine_chunks())
    return bytes(sink.getvalue().to_pybytes())


def received(
    batches: Iterator[pa.RecordBatch],
) -> Iterator[tuple[int, Iterator[tuple[int, Sequence[bytes]]]]]:
    """Yield each lane with its chunks, from messages in their order; a message without facts only names its lane."""
    flat = (
        row for batch in batches for row in zip(*(batch[name].to_pylist() for name in _READ), strict=True)
    )
    for lane, rows in groupby(flat, itemgetter(0)):
        chunks = groupby(rows, itemgetter(1))
        yield lane, ((chunk, [each[2] for each in group]) for chunk, group in chunks if chunk >= 0)


_READ: Final = ("lane", "chunk", "facts")


def unpacked(state: ViewState, number: int, parts: Sequence[bytes]) -> Facts:
    """Return the facts of a chunk.

    Args:
        state: the view's.
        number: of their source.
        parts: one at least.
    """
    tables = [pa.ipc.open_stream(part).read_all() for part in parts]
    return facts_of(pa.concat_tables(tables).combine_chunks(), state, number)
