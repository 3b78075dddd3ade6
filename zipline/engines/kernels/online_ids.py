"""Ids of the records of online documents: does one come more than once, so that versions must be told apart?"""

from __future__ import annotations

import numpy as np

from zipline.engines.kernels.arrays import Words
from zipline.engines.kernels.jit import kernel
from zipline.engines.kernels.online_blocks import EVENTS, EVENTS_HEAD
from zipline.engines.kernels.wide import ONE, ZERO
from zipline.engines.kernels.xxh64 import P1, P2

BYTE = np.uint64(0xFF)
OFFSET = np.uint64(0xFFFFFFFF)
SEVEN = np.uint64(7)
THREE = np.uint64(3)
LENGTH = np.uint64(32)


@kernel
def are_distinct(words: Words, start: int, stop: int, width: int, id_word: int) -> bool:
    """Return whether no id comes twice in a document of EVENTS blocks; two that have one hash count as one.

    Args:
        words: of documents.
        start, stop: where one of them begins and ends.
        width, id_word: the words of a record, and which of them refers to the id.
    """
    size = 16
    while size * width < 2 * (stop - start):
        size *= 2
    table = np.zeros(size, np.uint64)
    at = start
    while at < stop:
        length = int(np.int64(words[at] & OFFSET) >> 3)
        if (words[at] >> LENGTH) & BYTE == EVENTS:
            events = int(np.int64(words[at + 2]))
            heap = at + EVENTS_HEAD + events * width
            for i in range(events):
                reference = words[at + EVENTS_HEAD + i * width + id_word]
                if reference != ZERO and not _enter(table, _hash(words, heap, reference)):
                    return False
        at += length
    return True


@kernel
def _hash(words: Words, heap: int, reference: np.uint64) -> np.uint64:
    """Return a hash of bytes in a heap, never 0."""
    first = np.uint64(8 * heap) + (reference & OFFSET)
    result = P1 ^ (reference >> LENGTH)
    for i in range(np.int64(reference >> LENGTH)):
        place = first + np.uint64(i)
        byte = (words[np.int64(place >> THREE)] >> ((place & SEVEN) << THREE)) & BYTE
        result = (result ^ byte) * P2
        result ^= result >> np.uint64(29)
    return result | ONE


@kernel
def _enter(table: Words, key: np.uint64) -> bool:
    """Put a key in a table with room; return whether it was not there."""
    mask = np.uint64(len(table) - 1)
    at = (key >> LENGTH) & mask
    while table[at] != ZERO:
        if table[at] == key:
            return False
        at = (at + ONE) & mask
    table[at] = key
    return True
