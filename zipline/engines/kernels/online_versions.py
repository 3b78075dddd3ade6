"""Versions in online documents: which records are of one id, in which order they replace each other, until when."""

from __future__ import annotations

import numpy as np

from zipline.engines.kernels.arrays import Booleans, Integers, Values, Words
from zipline.engines.kernels.jit import kernel
from zipline.engines.kernels.wide import ONE, ZERO
from zipline.engines.kernels.xxh64 import P1, hash_slice

FOREVER = np.iinfo(np.int64).max
LENGTH = np.uint64(32)
OFFSET = np.uint64(0xFFFFFFFF)


@kernel
def group_ids(references: Words, heap: Values, owners: Integers, first: Integers) -> int:
    """Set ``first[row]`` to the first row with the same id and owner; return how many rows are not the first.

    Args:
        references: of each row's id in the heap; a row without an id is alone.
        heap: uint8.
        owners: whose document each row is in.
        first: set.
    """
    size = 16
    while size < 2 * len(references):
        size *= 2
    table, hashes = np.full(size, -1, np.int64), np.empty(len(references), np.uint64)
    mask, repeated = np.uint64(size - 1), 0
    for row in range(len(references)):
        first[row] = row
        if references[row] == ZERO:
            continue
        hashes[row] = _hash(references[row], heap) ^ np.uint64(owners[row]) * P1
        at = (hashes[row] >> LENGTH) & mask
        while table[at] >= 0:
            other = table[at]
            same = hashes[row] == hashes[other] and owners[row] == owners[other]
            if same and _compare(references[row], references[other], heap) == 0:
                first[row] = other
                repeated += 1
                break
            at = (at + ONE) & mask
        if table[at] < 0:
            table[at] = row
    return repeated


@kernel
def order_versions(rows: Integers, first: Integers, known: Integers, ranks: Words, heap: Values) -> None:
    """Order rows that are in order of id and knowledge time by their ranks too; those of one version stay in order.

    Args:
        rows: which.
        first: of each record, which id it is of.
        known, ranks: of each record; ranks are references into the heap.
        heap: uint8.
    """
    spare = np.empty(len(rows), np.int64)
    at = 0
    while at < len(rows):
        stop = at + 1
        while (
            stop < len(rows) and first[rows[stop]] == first[rows[at]] and known[rows[stop]] == known[rows[at]]
        ):
            stop += 1
        _sort(rows[at:stop], ranks, heap, spare)
        at = stop


@kernel
def end_versions(
    rows: Integers, first: Integers, known: Integers, ranks: Words, heap: Values, stubs: Booleans, limits: Integers,
    until: Integers, stands: Booleans,
) -> None:  # fmt: skip
    """Set until when versions are visible, and which of the rows of each stands for it: one that is no stub, if any.

    Args:
        rows: as `order_versions` leaves them.
        first, known, ranks, heap: as there.
        stubs: of each record, whether it only says something of a version.
        limits: of each record, how long after it a correction may come.
        until, stands: of each record; changed.
    """
    at = 0
    while at < len(rows):
        this, stop = rows[at], at + 1
        while (
            stop < len(rows)
            and first[rows[stop]] == first[this]
            and known[rows[stop]] == known[this]
            and _compare(ranks[rows[stop]], ranks[this], heap) == 0
        ):
            stop += 1
        end = FOREVER
        if stop < len(rows) and first[rows[stop]] == first[this]:
            later = known[rows[stop]]
            if later - known[this] <= limits[this]:
                end = later
        for i in range(at, stop):
            row = rows[i]
            end = min(end, until[row])
            if stubs[this] and not stubs[row]:
                this = row
            stands[row] = False
        until[this], stands[this] = end, True
        at = stop


@kernel
def print_ids(references: Words, heap: Values, out: Words) -> None:
    """Set `out` to the XXH64 of each id."""
    for row in range(len(references)):
        out[row] = _hash(references[row], heap)


@kernel
def _hash(reference: np.uint64, heap: Values) -> np.uint64:
    start = np.int64(reference & OFFSET)
    return hash_slice(heap, int(start), int(start + np.int64(reference >> LENGTH)))


@kernel
def _compare(left: np.uint64, right: np.uint64, heap: Values) -> int:
    """Return whether bytes in the heap are below others (-1), above (1) or the same."""
    start, other = np.int64(left & OFFSET), np.int64(right & OFFSET)
    length, size = np.int64(left >> LENGTH), np.int64(right >> LENGTH)
    for i in range(min(length, size)):
        if heap[start + i] != heap[other + i]:
            return -1 if heap[start + i] < heap[other + i] else 1
    return int(length > size) - int(length < size)


@kernel
def _sort(rows: Integers, ranks: Words, heap: Values, spare: Integers) -> None:
    """Merge rows into the order of their ranks, equal ones as they are."""
    width = 1
    while width < len(rows):
        for left in range(0, len(rows), 2 * width):
            middle, end = min(left + width, len(rows)), min(left + 2 * width, len(rows))
            i, j = left, middle
            for k in range(left, end):
                if i < middle and (j >= end or _compare(ranks[rows[i]], ranks[rows[j]], heap) <= 0):
                    spare[k] = rows[i]
                    i += 1
                else:
                    spare[k] = rows[j]
                    j += 1
        rows[:] = spare[: len(rows)]
        width *= 2
