"""Find the records of a Kafka record batch, version 2: where each value lies, its offset and its timestamp."""

from __future__ import annotations

from zipline.engines.kernels.arrays import Integers, Values
from zipline.engines.kernels.jit import kernel


@kernel
def _varint(data: Values, at: int) -> tuple[int, int]:
    """Return a zigzag varint and the position after it, -1 where it does not end within the data."""
    value, shift = 0, 0
    while at < len(data) and shift < 70:
        byte = int(data[at])
        value |= (byte & 0x7F) << shift
        at += 1
        if byte < 0x80:
            return (value >> 1) ^ -(value & 1), at
        shift += 7
    return 0, -1


@kernel
def _skipped(data: Values, at: int, count: int) -> int:
    """Return the position after so many texts, each with its length before it; -1 where they do not fit."""
    for _ in range(count):
        length, at = _varint(data, at)
        if at < 0:
            return -1
        at += max(length, 0)
        if at > len(data):
            return -1
    return at


@kernel
def find_records(
    data: Values, at: int, offsets: Integers, stamps: Integers, starts: Integers, lengths: Integers
) -> int:
    """Fill in the records' offset and timestamp deltas, and where their values begin and how long they are.

    Args:
        data: the records, uncompressed.
        at: where the first begins.
        offsets, stamps, starts, lengths: one for each record; a length of -1 is no value.

    Returns:
        The position after the last record; -1 where they are not what Kafka writes.
    """
    for i in range(len(offsets)):
        size, at = _varint(data, at)
        end = at + size
        if at < 0 or size < 1 or end > len(data):
            return -1
        stamps[i], at = _varint(data, at + 1)  # after the attributes
        if at < 0:
            return -1
        offsets[i], at = _varint(data, at)
        if at < 0:
            return -1
        at = _skipped(data, at, 1)  # the key
        if at < 0:
            return -1
        lengths[i], at = _varint(data, at)
        if at < 0 or at + max(lengths[i], 0) > end:
            return -1
        starts[i] = at
        headers, at = _varint(data, at + max(lengths[i], 0))
        if at < 0 or headers < 0 or _skipped(data, at, 2 * headers) != end:
            return -1
        at = end
    return at
