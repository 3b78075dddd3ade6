"""XXH64 with seed 0 (Collet's specification) of many values at once.

Words are read least significant byte first, whatever the machine's order: numpy's ``<u8`` views see to that.
"""

from __future__ import annotations

import numpy as np

from zipline.engines.kernels.arrays import Integers, Values, Words
from zipline.engines.kernels.jit import kernel, run_ranges

P1 = np.uint64(0x9E3779B185EBCA87)
P2 = np.uint64(0xC2B2AE3D27D4EB4F)
P3 = np.uint64(0x165667B19E3779F9)
P4 = np.uint64(0x85EBCA77C2B2AE63)
P5 = np.uint64(0x27D4EB2F165667C5)
LANES = tuple(np.uint64(start) for start in (0x60EA27EEADC0B5D6, 0xC2B2AE3D27D4EB4F, 0, 0x61C8864E7A143579))


@kernel
def _rotate(word: np.uint64, by: int) -> np.uint64:
    return (word << np.uint64(by)) | (word >> np.uint64(64 - by))


@kernel
def _mix(lane: np.uint64, word: np.uint64) -> np.uint64:
    return _rotate(lane + word * P2, 31) * P1


@kernel
def _add_word(result: np.uint64, word: np.uint64) -> np.uint64:
    return _rotate(result ^ _mix(np.uint64(0), word), 27) * P1 + P4


@kernel
def _finish(result: np.uint64) -> np.uint64:
    result = (result ^ (result >> np.uint64(33))) * P2
    result = (result ^ (result >> np.uint64(29))) * P3
    return result ^ (result >> np.uint64(32))


@kernel
def _word(data: Values, at: int, size: int) -> np.uint64:
    """Return the little-endian word of `size` bytes at a position."""
    word = np.uint64(0)
    for i in range(size):
        word |= np.uint64(data[at + i]) << np.uint64(8 * i)
    return word


@kernel
def _stripes(data: Values, at: int, end: int) -> np.uint64:
    """Hash the whole 32-byte stripes of a long value."""
    a, b, c, d = LANES
    while at + 32 <= end:
        a, b = _mix(a, _word(data, at, 8)), _mix(b, _word(data, at + 8, 8))
        c, d = _mix(c, _word(data, at + 16, 8)), _mix(d, _word(data, at + 24, 8))
        at += 32
    result = _rotate(a, 1) + _rotate(b, 7) + _rotate(c, 12) + _rotate(d, 18)
    for lane in (a, b, c, d):
        result = (result ^ _mix(np.uint64(0), lane)) * P1 + P4
    return result


@kernel
def hash_slice(data: Values, at: int, end: int) -> np.uint64:
    """Return the hash of ``data[at:end]`` as one value."""
    length = end - at
    result = P5
    if length >= 32:
        result = _stripes(data, at, end)
        at += length & ~31
    result += np.uint64(length)
    while at + 8 <= end:
        result = _add_word(result, _word(data, at, 8))
        at += 8
    if at + 4 <= end:
        result = _rotate(result ^ (_word(data, at, 4) * P1), 23) * P2 + P3
        at += 4
    while at < end:
        result = _rotate(result ^ (np.uint64(data[at]) * P5), 11) * P1
        at += 1
    return _finish(result)


@kernel
def hash_range(words: Words, start: int, stop: int) -> np.uint64:
    """Return the hash of ``words[start:stop]`` as one value of as many times 8 bytes."""
    at = start
    result = P5
    if stop - start >= 4:
        a, b, c, d = LANES
        while at + 4 <= stop:
            a, b = _mix(a, words[at]), _mix(b, words[at + 1])
            c, d = _mix(c, words[at + 2]), _mix(d, words[at + 3])
            at += 4
        result = _rotate(a, 1) + _rotate(b, 7) + _rotate(c, 12) + _rotate(d, 18)
        for lane in (a, b, c, d):
            result = (result ^ _mix(np.uint64(0), lane)) * P1 + P4
    result += np.uint64(8 * (stop - start))
    while at < stop:
        result = _add_word(result, words[at])
        at += 1
    return _finish(result)


@kernel
def _hash_many(data: Values, offsets: Values, out: Words, start: int, stop: int) -> None:
    for i in range(start, stop):
        out[i] = hash_slice(data, int(offsets[i]), int(offsets[i + 1]))


@kernel
def _hash_words(words: Words, out: Words, start: int, stop: int) -> None:
    for i in range(start, stop):
        result = P5 + np.uint64(8 * words.shape[1])
        for word in words[i]:
            result = _add_word(result, word)
        out[i] = _finish(result)


def hash_bytes(data: Values, offsets: Integers, threads: int | None = None) -> Words:
    """Return the hash of every value ``data[offsets[i]:offsets[i + 1]]``; `data` is uint8."""
    out = np.empty(len(offsets) - 1, np.uint64)
    run_ranges(lambda start, stop: _hash_many(data, offsets, out, start, stop), len(out), threads)
    return out


def hash_words(values: Values, threads: int | None = None) -> Words:
    """Return the hash of every value of 8 bytes (int64, float64, uint64), or of 16 (two words each, (n, 2)).

    Floats must be canonical.
    """
    words = np.ascontiguousarray(values).view(np.uint64)
    words = words.reshape(len(words), 1) if words.ndim == 1 else words
    out = np.empty(len(words), np.uint64)
    run_ranges(lambda start, stop: _hash_words(words, out, start, stop), len(words), threads)
    return out


def hash_booleans(values: Values) -> Words:
    """Return the hash of every boolean, a byte of 0 or 1."""
    both = hash_bytes(np.array([0, 1], np.uint8), np.array([0, 1, 2]), threads=1)
    return both[values.astype(np.intp)]
