"""Facts as records: every column of a micro-batch at once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from zipline.engines.kernels.arrays import Booleans, Integers, Values, Words
from zipline.engines.kernels.values import canonical_floats, decimal_words, one_chunk, valid_of
from zipline.online.state.byte_column import byte_array
from zipline.online.state.facts import Facts
from zipline.online.state.layout import KEPT, SOURCE_SHIFT, STUB, Layout, Slot
from zipline.online.state.records import LENGTH_SHIFT, Records, new_words, no_records
from zipline.online.state.values import encode_value
from zipline.types import DataType, to_arrow


class _Heap:
    """Bytes that references point into, gathered column by column."""

    def __init__(self) -> None:
        self.parts: list[Values] = []
        self.size = 0

    def put(self, data: Values, starts: Integers, lengths: Integers) -> Words:
        """Take in the bytes of a column and return its references."""
        references = (starts + self.size).astype(np.uint64) | lengths.astype(np.uint64) << LENGTH_SHIFT
        self.parts.append(data)
        self.size += len(data)
        return np.where(lengths > 0, references, np.uint64(0))

    def put_each(self, values: Sequence[bytes | None]) -> Words:
        """Take in one value for each row and return its references."""
        return self.put_column(byte_array(values))

    def put_column(self, column: pa.Array) -> Words:
        """Take in a column of texts or bytes and return its references."""
        if not len(column):
            return np.empty(0, np.uint64)
        _, ends, buffer = column.buffers()
        offsets = np.frombuffer(ends, np.int32)[column.offset : column.offset + len(column) + 1]
        first, last = int(offsets[0]), int(offsets[-1])
        data = np.frombuffer(buffer, np.uint8)[first:last] if buffer is not None else np.empty(0, np.uint8)
        lengths = np.diff(offsets).astype(np.int64)
        if (valid := valid_of(column)) is not None:
            lengths[~valid] = 0
        return self.put(data, offsets[:-1].astype(np.int64) - first, lengths)

    def bytes(self) -> Values:
        """Return all of them."""
        return np.concatenate(self.parts) if self.parts else np.empty(0, np.uint8)


def encoded(layout: Layout, facts: Facts) -> Records:
    """Return facts as records, in their order."""
    heap = _Heap()
    words = new_words(layout, facts.times, facts.known, KEPT | facts.source << SOURCE_SHIFT)
    if facts.kept is not None:
        words[~facts.kept, 3] &= ~np.uint64(KEPT)
    if layout.has_ids and facts.ids is not None and facts.ranks is not None:
        words[:, layout.id_word] = heap.put_each(facts.ids)
        words[:, layout.id_word + 1] = heap.put_each(facts.ranks)
    for text, bit in layout.masks.items():
        _set_bit(words, bit, facts.masks[text])
    for slot in layout.slots:
        _put_column(words, slot, one_chunk(facts.columns[slot.name]), heap)
    return Records(layout, words, heap.bytes())


class Stub(NamedTuple):
    """What is said of a version that lies in a document: that it is visible until then at most."""

    id: bytes
    rank: bytes
    time: int
    known: int
    until: int


def stub_records(layout: Layout, stubs: Sequence[Stub], source: int) -> Records:
    """Return the records of stubs of one source."""
    if not stubs:
        return no_records(layout)
    ids, ranks, times, known, until = zip(*stubs, strict=True)
    heap = _Heap()
    words = new_words(
        layout, np.array(times, np.int64), np.array(known, np.int64), STUB | source << SOURCE_SHIFT
    )
    words[:, 2] = np.array(until, np.int64).view(np.uint64)
    words[:, layout.id_word] = heap.put_each(ids)
    words[:, layout.id_word + 1] = heap.put_each(ranks)
    return Records(layout, words, heap.bytes())


def _set_bit(words: Words, bit: int, where: Booleans) -> None:
    words[:, 3 + bit // 64] |= where.astype(np.uint64) << np.uint64(bit % 64)


def _put_column(words: Words, slot: Slot, column: pa.Array, heap: _Heap) -> None:
    kind = to_arrow(slot.kind)
    if column.type != kind:
        column = column.cast(kind)
    valid = valid_of(column)
    if valid is not None:
        _set_bit(words, slot.bit, ~valid)
    if slot.kind.kind == "null":
        return
    if slot.is_reference:
        words[:, slot.word] = _references(column, valid, slot.kind, heap)
        return
    if slot.kind.kind == "decimal":
        found = decimal_words(column)
        words[:, slot.word : slot.word + 2] = found if valid is None else np.where(valid[:, None], found, 0)
        return
    words[:, slot.word] = _numbers(column, slot.kind)


def _numbers(column: pa.Array, kind: DataType) -> Words:
    """Return a column of one word each; a null is zero."""
    match kind.kind:
        case "float64":
            filled = pc.fill_null(column, 0.0) if column.null_count else column
            return canonical_floats(filled.to_numpy()).view(np.uint64)
        case "date":
            column = column.cast(pa.int32())
        case "bool":
            column = column.cast(pa.int8())
        case "timestamp":
            column = column.cast(pa.int64())
    filled = pc.fill_null(column, 0) if column.null_count else column
    return np.asarray(filled.to_numpy().astype(np.int64, copy=False).view(np.uint64))


def _references(column: pa.Array, valid: Booleans | None, kind: DataType, heap: _Heap) -> Words:
    if kind.kind in ("string", "binary"):
        return heap.put_column(column)
    if kind.kind == "vector" and kind.element is not None and kind.size:
        flat = column.values.slice(column.offset * kind.size, len(column) * kind.size)
        if flat.null_count == 0:
            data = canonical_floats(flat.to_numpy()).view(np.uint8)
            size = len(data) // max(len(column), 1)
            lengths = np.full(len(column), size, np.int64)
            if valid is not None:
                lengths[~valid] = 0
            return heap.put(data, np.arange(len(column), dtype=np.int64) * size, lengths)
    return heap.put_each([None if each is None else encode_value(each, kind) for each in column.to_pylist()])
