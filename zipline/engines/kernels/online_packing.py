"""Rows of words and what they refer to, as the EVENTS blocks of online documents: one block for each group of rows.

`zipline/online/state/layout.py` says what stands in them.
"""

from __future__ import annotations

import numpy as np

from zipline.engines.kernels.arrays import Integers, Values, Words
from zipline.engines.kernels.jit import kernel
from zipline.engines.kernels.online_blocks import EVENTS_HEAD, checksum


@kernel
def block_lengths(
    words: Words, references: Integers, order: Integers, starts: Integers, out: Integers
) -> None:
    """Set ``out[g]`` to the words of the block of the rows ``order[starts[g]:starts[g + 1]]``."""
    for group in range(len(starts) - 1):
        heap = np.int64(0)
        for i in range(starts[group], starts[group + 1]):
            for reference in references:
                heap += np.int64(words[order[i], reference] >> np.uint64(32))
        out[group] = EVENTS_HEAD + (starts[group + 1] - starts[group]) * words.shape[1] + ((heap + 7) >> 3)


@kernel
def pack_blocks(
    words: Words, heap: Values, references: Integers, order: Integers, starts: Integers, ends: Integers,
    header: np.uint64, out: Words, out_bytes: Values,
) -> None:  # fmt: skip
    """Write the blocks one after another; that of a group ends at word ``ends[group]``."""
    width = words.shape[1]
    begin = 0
    for group in range(len(starts) - 1):
        end = ends[group]
        count = starts[group + 1] - starts[group]
        out[begin] = header | np.uint64(8 * (end - begin))
        out[begin + 2] = np.uint64(count)
        at = begin + EVENTS_HEAD
        first = 8 * (at + count * width)
        used = np.int64(0)
        for i in range(starts[group], starts[group + 1]):
            row = order[i]
            for j in range(width):
                out[at + j] = words[row, j]
            for reference in references:
                word = words[row, reference]
                length = np.int64(word >> np.uint64(32))
                start = np.int64(word & np.uint64(0xFFFFFFFF))
                if length > 0:
                    out[at + reference] = np.uint64(used) | np.uint64(length) << np.uint64(32)
                    for k in range(length):
                        out_bytes[first + used + k] = heap[start + k]
                    used += length
            at += width
        for k in range(first + used, 8 * end):
            out_bytes[k] = 0
        out[begin + 1] = checksum(out, begin, end)
        begin = end


@kernel
def group_rows(codes: Values, starts: Integers, order: Integers) -> None:
    """Order rows by their codes, those of one code in the order they have; `starts` holds zeros before."""
    for code in codes:
        starts[code + 1] += 1
    for group in range(1, len(starts)):
        starts[group] += starts[group - 1]
    place = starts.copy()
    for row in range(len(codes)):
        order[place[codes[row]]] = row
        place[codes[row]] += 1
