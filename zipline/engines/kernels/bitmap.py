"""A set of small integers as a hierarchy of bits: an upper bit says that the word below it is not zero.

With 64 bits a word, every operation touches at most four words for 16 million integers: insert, remove, and
the nearest member on either side. The structure is a 64-ary van Emde Boas tree cut to its bitmaps.
"""

from __future__ import annotations

import numpy as np

from zipline.engines.kernels.arrays import Integers, Words
from zipline.engines.kernels.jit import kernel
from zipline.engines.kernels.wide import ONE, ZERO, leading_zeros, trailing_zeros


def levels(size: int) -> Integers:
    """Return where each level of a set of integers below `size` begins among its words, and the end.

    >>> levels(64).tolist(), levels(65).tolist()
    ([0, 1], [0, 2, 3])
    """
    base, words = [0], max(size, 1)
    while words > 1 or len(base) == 1:
        words = -(-words // 64)
        base.append(base[-1] + words)
    return np.array(base, np.int64)


def empty_set(base: Integers) -> Words:
    """Return the words of an empty set with these levels."""
    return np.zeros(base[-1], np.uint64)


@kernel
def insert(words: Words, base: Integers, member: int) -> None:
    """Put a member in; it may be in already."""
    for level in range(len(base) - 1):
        word = base[level] + (member >> 6)
        before = words[word]
        words[word] = before | (ONE << np.uint64(member & 63))
        if before != ZERO:
            return
        member >>= 6


@kernel
def remove(words: Words, base: Integers, member: int) -> None:
    """Take a member out; it may be out already."""
    for level in range(len(base) - 1):
        word = base[level] + (member >> 6)
        words[word] &= ~(ONE << np.uint64(member & 63))
        if words[word] != ZERO:
            return
        member >>= 6


@kernel
def contains(words: Words, member: int) -> bool:
    """Return whether a member is in."""
    return bool((words[member >> 6] >> np.uint64(member & 63)) & ONE != ZERO)


@kernel
def at_least(words: Words, base: Integers, bound: int) -> int:
    """Return the least member that is not below a bound, -1 if there is none."""
    member, level = bound, 0
    while True:
        word = base[level] + (member >> 6)
        if word >= base[level + 1]:
            return -1
        rest = words[word] >> np.uint64(member & 63)
        if rest != ZERO:
            member += int(np.int64(trailing_zeros(rest)))
            break
        level += 1
        if level == len(base) - 1:
            return -1
        member = (member >> 6) + 1
    while level > 0:
        level -= 1
        member = (member << 6) + int(np.int64(trailing_zeros(words[base[level] + member])))
    return member


@kernel
def at_most(words: Words, base: Integers, bound: int) -> int:
    """Return the greatest member that is not above a bound, -1 if there is none."""
    member, level = bound, 0
    while True:
        if member < 0 or level == len(base) - 1:
            return -1
        rest = words[base[level] + (member >> 6)] << np.uint64(63 - (member & 63))
        if rest != ZERO:
            member -= int(np.int64(leading_zeros(rest)))
            break
        level += 1
        member = (member >> 6) - 1
    while level > 0:
        level -= 1
        member = (member << 6) + 63 - int(np.int64(leading_zeros(words[base[level] + member])))
    return member
