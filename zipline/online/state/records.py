"""Records in memory: the rows of EVENTS blocks as one array of words, and the heap that their references point into."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from zipline.engines.kernels.arrays import Booleans, Integers, Values, Words
from zipline.exact import ExactSum, to_decimal
from zipline.online.state.layout import (
    APPLIED,
    EVENTS,
    EVENTS_HEAD,
    FOREVER,
    KEPT,
    SOURCE_SHIFT,
    STUB,
    Block,
    Layout,
    Slot,
    damaged,
)  # fmt: skip
from zipline.online.state.values import decode_value

LENGTH_SHIFT = np.uint64(32)
OFFSET_BITS = np.uint64(0xFFFFFFFF)


@dataclass(frozen=True)
class Records:
    """Records of one entity or of many.

    Attributes:
        layout: what the words mean.
        words: uint64[n, layout.width]; references are offsets into `heap`.
        heap: uint8.
    """

    layout: Layout
    words: Words
    heap: Values

    def __len__(self) -> int:
        return len(self.words)

    @cached_property
    def sums(self) -> dict[str, ExactSum]:
        """Exact sums of columns, as far as they have been asked for."""
        return {}

    @property
    def times(self) -> Integers:
        """Event times."""
        return self.words[:, 0].view(np.int64)

    @property
    def known(self) -> Integers:
        """Knowledge times."""
        return self.words[:, 1].view(np.int64)

    @property
    def until(self) -> Integers:
        """Until when each is visible, itself included, as far as the record says."""
        return self.words[:, 2].view(np.int64)

    @property
    def kept(self) -> Booleans:
        """Which are events if they win."""
        return np.asarray(self.words[:, 3] & np.uint64(KEPT) != 0)

    @property
    def stubs(self) -> Booleans:
        """Which only say something of a version."""
        return np.asarray(self.words[:, 3] & np.uint64(STUB) != 0)

    @property
    def applied(self) -> Booleans:
        """Of which all tiles of the document know."""
        return np.asarray(self.words[:, 3] & np.uint64(APPLIED) != 0)

    @property
    def sources(self) -> Values:
        """The source's number of each."""
        return (self.words[:, 3] >> np.uint64(SOURCE_SHIFT) & np.uint64(0xFF)).astype(np.int64)

    @property
    def ids(self) -> list[bytes]:
        """The id of each; empty bytes where its source has none."""
        return self._bytes(self.layout.id_word)

    @property
    def ranks(self) -> list[bytes]:
        """The rank of each."""
        return self._bytes(self.layout.id_word + 1)

    @property
    def heap_bytes(self) -> Values:
        """The heap, which nothing may write to: kernels are compiled for one kind of it."""
        heap = self.heap.view()
        heap.flags.writeable = False
        return heap

    def mask(self, text: str) -> Booleans:
        """Return for which records a `where` is true."""
        return self._bit(self.layout.masks[text])

    def present(self, slot: Slot) -> Booleans:
        """Return which values of a column are not null."""
        return ~self._bit(slot.bit)

    def slot(self, column: str) -> Slot:
        """Return where a column is."""
        return next(each for each in self.layout.slots if each.name == column)

    def numbers(self, slot: Slot) -> Values:
        """Return a column of one word each as numpy: float64, bool, or int64 (days and microseconds too); null is 0."""
        words = self.words[:, slot.word]
        match slot.kind.kind:
            case "float64":
                return words.view(np.float64)
            case "bool":
                return np.asarray(words != 0)
        return words.view(np.int64)

    def values(self, slot: Slot) -> list[Any]:
        """Return a column as Python has it (`values.py`); null is None."""
        present = self.present(slot)
        found: list[Any]
        if slot.kind.kind == "decimal":
            low, high = (
                self.words[:, slot.word].tolist(),
                self.words[:, slot.word + 1].view(np.int64).tolist(),
            )
            found = [to_decimal(up << 64 | down, slot.kind.scale) for down, up in zip(low, high, strict=True)]
        elif slot.is_reference:
            heap = self.heap.tobytes()
            words = self.words[:, slot.word].tolist()
            spans = ((word & 0xFFFFFFFF, word >> 32) for word in words)
            parts = (heap[start : start + length] for start, length in spans)
            kind = slot.kind
            found = [
                decode_value(part, kind) if there else None
                for part, there in zip(parts, present, strict=True)
            ]
        else:
            found = self.numbers(slot).tolist()
        if present.all():
            return found
        return [value if there else None for value, there in zip(found, present.tolist(), strict=True)]

    def take(self, rows: Booleans | Integers) -> Records:
        """Return some of the records, with the same heap."""
        return Records(self.layout, self.words[rows], self.heap)

    def with_until(self, until: Integers) -> Records:
        """Return the same records with other ends of their visibility."""
        words = self.words.copy()
        words[:, 2] = until.view(np.uint64)
        return Records(self.layout, words, self.heap)

    def _bit(self, bit: int) -> Booleans:
        return np.asarray(self.words[:, 3 + bit // 64] >> np.uint64(bit % 64) & np.uint64(1) != 0)

    def _bytes(self, word: int) -> list[bytes]:
        heap, words = self.heap.tobytes(), self.words[:, word].tolist()
        return [heap[(start := each & 0xFFFFFFFF) : start + (each >> 32)] for each in words]


def no_records(layout: Layout) -> Records:
    """Return no records."""
    return Records(layout, np.empty((0, layout.width), np.uint64), np.empty(0, np.uint8))


def records_of(layout: Layout, block: Block, what: str) -> Records:
    """Return the records of an EVENTS block.

    Raises:
        OnlineError: the block says that it holds more than it does.
    """
    count = int(block.words[2])
    end = EVENTS_HEAD + count * layout.width
    if block.kind != EVENTS or end > len(block.words):
        raise damaged(what, f"a block of {8 * len(block.words)} bytes cannot hold {count} records")
    words = block.words[EVENTS_HEAD:end].reshape(count, layout.width)
    return Records(layout, words, block.words[end:].view(np.uint8))


def reference_words(layout: Layout) -> tuple[int, ...]:
    """Return the words of a record that are references."""
    of_ids = (layout.id_word, layout.id_word + 1) if layout.has_ids else ()
    return (*of_ids, *(slot.word for slot in layout.slots if slot.is_reference))


def joined(layout: Layout, parts: Sequence[Records]) -> Records:
    """Return the records of several as one, their heaps one after another."""
    parts = [part for part in parts if len(part)]
    if not parts:
        return no_records(layout)
    if len(parts) == 1:
        return parts[0]
    words = np.concatenate([part.words for part in parts])
    start, row = 0, 0
    references = list(reference_words(layout))
    for part in parts:
        if start and references:
            moved = words[row : row + len(part), references]
            words[row : row + len(part), references] = np.where(moved != 0, moved + np.uint64(start), moved)
        start, row = start + len(part.heap), row + len(part)
    return Records(layout, words, np.concatenate([part.heap for part in parts]))


def new_words(layout: Layout, times: Integers, known: Integers, flags: int) -> Words:
    """Return the words of records with these times, visible for ever, and nothing else."""
    words = np.zeros((len(times), layout.width), np.uint64)
    words[:, 0], words[:, 1] = times.view(np.uint64), known.view(np.uint64)
    words[:, 2], words[:, 3] = np.uint64(FOREVER), np.uint64(flags)
    return words


def size_of(records: Records) -> int:
    """Return about how many bytes a block of records has."""
    lengths = records.words[:, list(reference_words(records.layout))] >> LENGTH_SHIFT
    return 8 * records.words.size + int(lengths.sum())
