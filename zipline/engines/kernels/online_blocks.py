"""Blocks of online documents: how their bytes begin, and whether they are whole.

`zipline/online/state/layout.py` says what stands in them.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from zipline.engines.kernels.arrays import Words
from zipline.engines.kernels.jit import kernel
from zipline.engines.kernels.xxh64 import P1, hash_range

FLOOR, EVENTS, TILE = 1, 2, 3
"""Kinds of blocks."""
KEPT, STUB, APPLIED = 1, 2, 4
"""Bits of a record's flags."""
EVENTS_HEAD: Final = 3
"""Words of an EVENTS block before its records."""
TILE_HEAD: Final = 10
"""Words of a TILE block before its directory."""


@kernel
def checksum(words: Words, start: int, stop: int) -> np.uint64:
    """Return the checksum of the block in ``words[start:stop]``: XXH64 of words 2 and on, with word 0 mixed in."""
    return np.uint64(hash_range(words, start + 2, stop) + words[start] * P1)


@kernel
def damage(words: Words, start: int, stop: int, expected: np.uint64) -> int:
    """Return where in ``words[start:stop]`` the first block begins that is cut, damaged or of another layout, or -1.

    Args:
        words: of documents.
        start, stop: where one of them begins and ends.
        expected: the upper 24 bits of a block's word 0: the format and the fingerprint.
    """
    at = start
    while at < stop:
        head = words[at]
        length = int(np.int64(head & np.uint64(0xFFFFFFFF)))  # a bare int() of a uint64 is one in numba
        count = length >> 3
        if length & 7 or count < 3 or count > stop - at or head >> np.uint64(40) != expected:
            return at
        if words[at + 1] != checksum(words, at, at + count):
            return at
        at += count
    return -1
