"""XXH64 with seed 0, after Yann Collet's specification of xxHash."""

from __future__ import annotations

from struct import iter_unpack
from typing import Final

MASK: Final = 2**64 - 1
P1: Final = 0x9E3779B185EBCA87
P2: Final = 0xC2B2AE3D27D4EB4F
P3: Final = 0x165667B19E3779F9
P4: Final = 0x85EBCA77C2B2AE63
P5: Final = 0x27D4EB2F165667C5
ROTATIONS: Final = (1, 7, 12, 18)


def xxh64(data: bytes) -> int:
    """Return the hash of some bytes as an unsigned 64-bit integer.

    >>> hex(xxh64(b""))
    '0xef46db3751d8e999'
    """
    stripes = len(data) & ~31
    words = stripes + (len(data) - stripes & ~7)
    half = words + (len(data) - words & ~3)
    result = (_stripes(data[:stripes]) if stripes else P5) + len(data)
    for (word,) in iter_unpack("<Q", data[stripes:words]):
        result = _rotate(result ^ _mix(0, word), 27) * P1 + P4
    for (word,) in iter_unpack("<I", data[words:half]):
        result = _rotate(result ^ word * P1, 23) * P2 + P3
    for byte in data[half:]:
        result = _rotate(result ^ byte * P5, 11) * P1
    result &= MASK
    result = (result ^ result >> 33) * P2 & MASK
    result = (result ^ result >> 29) * P3 & MASK
    return result ^ result >> 32


def _stripes(data: bytes) -> int:
    """Return what stripes of 32 bytes, each word of them in a lane of its own, leave to be mixed further."""
    lanes = [P1 + P2, P2, 0, -P1]
    for stripe in iter_unpack("<4Q", data):
        lanes = [_mix(lane, word) for lane, word in zip(lanes, stripe, strict=True)]
    result = sum(_rotate(lane, by) for lane, by in zip(lanes, ROTATIONS, strict=True))
    for lane in lanes:
        result = (result ^ _mix(0, lane)) * P1 + P4
    return result


def _mix(lane: int, word: int) -> int:
    return _rotate(lane + word * P2, 31) * P1 & MASK


def _rotate(word: int, by: int) -> int:
    word &= MASK
    return (word << by | word >> (64 - by)) & MASK
