"""A sample of rows that does not depend on how they come in batches: those whose number has the smallest hashes."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from zipline.engines.kernels.arrays import Integers, Words

SAMPLE = 32_768
"""How many rows a sample has; with no more rows than these it is all of them."""


class Sample:
    """A uniform sample of at most `SAMPLE` rows, in their order; the same rows give the same sample."""

    def __init__(self, size: int = SAMPLE) -> None:
        self.size = size
        self.rows = 0
        self._bound = np.uint64(2**64 - 1)
        self._hashes: list[Words] = []
        self._numbers: list[Integers] = []
        self._parts: list[pa.Table] = []

    @property
    def is_whole(self) -> bool:
        """Whether every row is in it."""
        return self.rows <= self.size

    def add(self, batch: pa.Table) -> None:
        """Take part of the next rows."""
        numbers = np.arange(self.rows, self.rows + batch.num_rows, dtype=np.int64)
        hashes = scattered(numbers)
        kept = np.flatnonzero(hashes <= self._bound)
        self.rows += batch.num_rows
        self._hashes.append(hashes[kept])
        self._numbers.append(numbers[kept])
        self._parts.append(batch.take(pa.array(kept)))
        if sum(map(len, self._hashes)) > 2 * self.size:
            self._shrink()

    def table(self) -> pa.Table | None:
        """Return the sample; None when there were no rows at all."""
        if not self._parts:
            return None
        self._shrink()
        return self._parts[0].take(pa.array(np.argsort(self._numbers[0])))

    def _shrink(self) -> None:
        hashes, numbers = np.concatenate(self._hashes), np.concatenate(self._numbers)
        whole = pa.concat_tables(self._parts)
        kept = np.argsort(hashes, kind="stable")[: self.size]
        if len(kept) == self.size:
            self._bound = hashes[kept[-1]]
        self._hashes, self._numbers = [hashes[kept]], [numbers[kept]]
        self._parts = [whole.take(pa.array(kept)).combine_chunks()]


def scattered(numbers: Integers) -> Words:
    """Return a 64-bit number for each row number that looks drawn at random (SplitMix64, Steele et al., 2014)."""
    x = (numbers.astype(np.uint64) + np.uint64(1)) * np.uint64(0x9E3779B97F4A7C15)
    x = (x ^ (x >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    x = (x ^ (x >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return np.asarray(x ^ (x >> np.uint64(31)))
