"""Records as EVENTS blocks: one for each of many groups of rows, in one pass."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyarrow.compute as pc

from zipline.engines.kernels.arrays import Integers, Values, Words
from zipline.engines.kernels.online_blocks import EVENTS, checksum
from zipline.engines.kernels.online_packing import block_lengths, group_rows, pack_blocks
from zipline.online.state.byte_column import byte_array
from zipline.online.state.layout import Layout
from zipline.online.state.records import Records, reference_words


def pack(records: Records, order: Integers, starts: Integers) -> list[bytes]:
    """Return the EVENTS block of each group of records: group g is ``order[starts[g]:starts[g + 1]]``."""
    layout = records.layout
    references = np.array(reference_words(layout), np.int64)
    lengths = np.empty(len(starts) - 1, np.int64)
    words = np.ascontiguousarray(records.words)
    block_lengths(words, references, order, starts, lengths)
    ends = np.cumsum(lengths)
    out = np.empty(int(ends[-1]) if len(ends) else 0, np.uint64)
    header = np.uint64(layout.header(EVENTS, 0))
    pack_blocks(words, records.heap, references, order, starts, ends, header, out, out.view(np.uint8))
    whole = out.tobytes()
    begins = (8 * (ends - lengths)).tolist()
    return [whole[begin:end] for begin, end in zip(begins, (8 * ends).tolist(), strict=True)]


def pack_all(records: Records) -> bytes:
    """Return one EVENTS block of all records; nothing where there are none."""
    count = len(records)
    return (
        pack(records, np.arange(count, dtype=np.int64), np.array([0, count], np.int64))[0] if count else b""
    )


def grouped(codes: Values, groups: int) -> tuple[Integers, Integers]:
    """Return (order, starts) of the rows of each group, as `pack` takes them.

    Args:
        codes: which group each row is in, below `groups`.
    """
    starts, order = np.zeros(groups + 1, np.int64), np.empty(len(codes), np.int64)
    group_rows(codes, starts, order)
    return order, starts


def pack_groups(records: Records, entities: Sequence[bytes | None]) -> list[tuple[bytes, bytes]]:
    """Return (entity, EVENTS block) of the records of each entity, in the order of their first ones; None is nobody."""
    if not len(records):
        return []
    return pack_coded(records, *coded(entities))


def pack_coded(records: Records, names: Sequence[bytes], codes: Integers) -> list[tuple[bytes, bytes]]:
    """Return (entity, EVENTS block) of the records of each entity that has some; see `coded`."""
    order, starts = grouped(codes, len(names) + 1)
    there = np.flatnonzero(np.diff(starts[: len(names) + 1]))
    begins = np.append(starts[there], starts[len(names)])
    return list(zip([names[each] for each in there.tolist()], pack(records, order, begins), strict=True))


def coded(entities: Sequence[bytes | None]) -> tuple[list[bytes], Integers]:
    """Return the entities, each once in the order of their first rows, and which of them each row is of.

    A row of nobody has a number behind them all.
    """
    found = pc.dictionary_encode(byte_array(entities))
    codes = pc.fill_null(found.indices, len(found.dictionary)).to_numpy()
    return found.dictionary.to_pylist(), codes.astype(np.int64)


def block_bytes(layout: Layout, kind: int, words: Words) -> bytes:
    """Return a block whose words from the second on are given: its length and checksum are put before them."""
    block = np.empty(len(words) + 2, np.uint64)
    block[2:] = words
    block[0] = layout.header(kind, 8 * len(block))
    block[1] = checksum(block, 0, len(block))
    return block.tobytes()
