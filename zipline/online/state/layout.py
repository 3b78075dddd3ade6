"""The layout of documents and segments in bytes: little-endian words of 8 bytes throughout.

A document is blocks, one after another, and so is a segment (EVENTS blocks only). A block is whole words, so that
bytes can be looked at as an array of uint64 or int64:

```
BLOCK    word 0  length of the block in bytes, both ends included (bits 0-31), kind (32-39), FORMAT (40-47),
                 the layout's fingerprint (48-63)
         word 1  checksum of word 0 and of words 2 and on (`checksum`)
FLOOR    word 2  floor, microseconds    3  flags: bit 0, the entity has more events than are kept (OVERFLOW): reads are
                 errors    4  the greatest event time of those that were dropped for it
EVENTS   word 2  n, the number of records      3  n * width records, then the heap, padded with zeros
TILE     word 2  events (visible ones)         3, 4  least and greatest event time   5, 6  of knowledge time
              7, 8  the segment's name, 16 bytes; zeros: there is none
              9  number of id prints, 0 where not kept
             10  one word for each of `ViewState.aggregations`: where its partial begins, in words from the block's
                 start (bits 0-31; equal ones stand there once), and its length in bytes (32-63; 0: the partial of no
                 input)
                 then the partials (`partials.py`), each padded to words, then the id prints: uint32, ascending, the
                 lower halves of XXH64 of ids, padded
RECORD   word 0  event time   1  knowledge time   2  until, or FOREVER   3  flags, and more words of flags
              then, in views with ids only, the reference of the id and that of the rank
              then every column of `ViewState.columns`, one word each, two for a decimal
FLAGS    bit 0 KEPT: an event if it wins; always set without ids
         bit 1 STUB: no version but what is said of one (its id, knowledge time, rank, event time and until)
         bit 2 APPLIED, with ids: compaction has told all tiles of the document of it; of others, `tiles.touched` says
               which tiles may hold versions of the same id, so that their segments are needed
         bits 8-15 the source's number in `ViewState.sources`
         bit 16 + c: column c is null;  bit 16 + columns + m: mask m is true; 64 bits a word
COLUMN   bool 0 or 1; int64; date: days; timestamp: microseconds; float64: canonical bits;
         decimal: the unscaled value in two words, low word first; others: a reference. A null is zeros.
REFERENCE  offset from the heap's first byte (bits 0-31), length in bytes (32-63). In the heap: string UTF-8, binary as
         it is, vectors, lists and structs as `values.py` says. The reference 0 is empty bytes.
```

A record is visible at t (aligned, for windows with `align`) if it is KEPT, no STUB, known < t <= until and its event
time is in the window; a version's until is the least that any record of its (id, known, rank) says, and what
`resolution.py` finds.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np

from zipline.engines.kernels.arrays import Words
from zipline.engines.kernels.online_blocks import (
    APPLIED,
    EVENTS,
    EVENTS_HEAD,
    FLOOR,
    KEPT,
    STUB,
    TILE,
    TILE_HEAD,
    checksum,
    damage,
)
from zipline.errors import OnlineError
from zipline.types import DataType

__all__ = ["APPLIED", "EVENTS", "EVENTS_HEAD", "FLOOR", "KEPT", "STUB", "TILE", "TILE_HEAD", "checksum"]

FORMAT: Final = 1
FOREVER: Final = 2**63 - 1
OVERFLOW: Final = 1
SOURCE_SHIFT: Final = 8
FIRST_BIT: Final = 16
"""The first of the bits that say which columns are null and which masks are true."""
FLOOR_WORDS: Final = 5
NAME_BYTES: Final = 16
NAME_WORD: Final = 7
"""The word of a TILE block at which its segment's name begins."""


@dataclass(frozen=True)
class Slot:
    """Where a column is in a record.

    Attributes:
        word: its first word.
        bit: which bit of the flags says that it is null, from the first flags word's bit 0.
    """

    name: str
    kind: DataType
    word: int
    bit: int

    @property
    def words(self) -> int:
        """How many words it takes."""
        return 2 if self.kind.kind == "decimal" else 1

    @property
    def is_reference(self) -> bool:
        """Whether the value is in the heap."""
        return self.kind.kind not in ("bool", "int64", "float64", "date", "timestamp", "decimal", "null")


@dataclass(frozen=True)
class Layout:
    """The records of a view version.

    Attributes:
        slots: of the columns, in order.
        masks: the text of each `where` of a feature -> its bit, as in `Slot.bit`.
        flag_words: from word 3 on.
        id_word: of the id's reference, the rank's follows it; 0 without ids.
        width: words of a record.
        fingerprint: 16 bits that tell one layout from another.
    """

    slots: tuple[Slot, ...]
    masks: Mapping[str, int]
    flag_words: int
    id_word: int
    width: int
    fingerprint: int

    @property
    def has_ids(self) -> bool:
        """Whether records have ids."""
        return self.id_word > 0

    def header(self, kind: int, length: int) -> int:
        """Return word 0 of a block of so many bytes."""
        return length | kind << 32 | FORMAT << 40 | self.fingerprint << 48


def make_layout(columns: Mapping[str, DataType], masks: tuple[str, ...], *, has_ids: bool) -> Layout:
    """Return the layout of records with these columns and masks."""
    flag_words = -(-(FIRST_BIT + len(columns) + len(masks)) // 64)
    word = 3 + flag_words + (2 if has_ids else 0)
    slots = []
    for at, (name, kind) in enumerate(columns.items()):
        slots.append(Slot(name, kind, word, FIRST_BIT + at))
        word += slots[-1].words
    bits = {text: FIRST_BIT + len(columns) + at for at, text in enumerate(masks)}
    said = repr(([(each.name, str(each.kind)) for each in slots], masks, has_ids)).encode()
    return Layout(
        tuple(slots), bits, flag_words, 3 + flag_words if has_ids else 0, word, zlib.crc32(said) & 0xFFFF
    )


@dataclass(frozen=True)
class Block:
    """A block of a document: its kind and its words, word 0 included."""

    kind: int
    words: Words


def words_of(layout: Layout, data: bytes, what: str) -> Words:
    """Return a document or segment as words, every block of it seen to be whole.

    Args:
        layout: of the view.
        data: the bytes.
        what: how a message calls them.

    Raises:
        OnlineError: it is cut or damaged, or of another version of the view or of zipline.
    """
    if len(data) % 8:
        raise damaged(what, f"its {len(data)} bytes are not whole words")
    words = np.frombuffer(data, np.uint64)
    at = damage(words, 0, len(words), np.uint64(layout.header(0, 0) >> 40))
    if at < 0:
        return words
    head = int(words[at])
    if head >> 40 & 0xFF != FORMAT and 0 < head >> 32 & 0xFF <= TILE:
        raise damaged(
            what, f"byte {8 * at} begins a block of format {head >> 40 & 0xFF}, this zipline has {FORMAT}"
        )
    raise damaged(what, f"the block at byte {8 * at} of {len(data)} is cut, changed, or of another view")


def blocks(words: Words) -> Iterator[Block]:
    """Yield the blocks of a document whose words were seen to be whole."""
    at = 0
    while at < len(words):
        head = int(words[at])
        count = (head & 0xFFFFFFFF) >> 3
        yield Block(head >> 32 & 0xFF, words[at : at + count])
        at += count


def damaged(what: str, why: str) -> OnlineError:
    """Return the error of bytes that zipline has not written so."""
    return OnlineError(
        f"{what} cannot be decoded: {why}",
        hint="the store lost or changed bytes, or another program writes there; fill the view again: "
        "zipline materialize",
    )
