"""How many different values there are, and which are frequent, in little memory however many rows come."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from zipline.engines.kernels.arrays import Words
from zipline.engines.kernels.hashes import hash_values

KEPT = 16_384
"""Up to so many different values are counted exactly; more are estimated, with a standard error of 0.8 %."""
COUNTED = 1_000
"""Up to so many different values are counted one by one."""


class Distinct:
    """Counts different values by the smallest of their hashes (k minimum values, Bar-Yossef et al., 2002)."""

    def __init__(self, kept: int = KEPT) -> None:
        self.kept = kept
        self._hashes: Words = np.zeros(0, np.uint64)

    def add(self, values: pa.Array) -> None:
        """Count values, none of them null."""
        hashes = hash_values(values)
        if not self.is_exact:
            hashes = hashes[hashes < self._hashes[-1]]
        self._hashes = np.union1d(self._hashes, hashes)[: self.kept]

    @property
    def is_exact(self) -> bool:
        """Whether all different values are counted."""
        return len(self._hashes) < self.kept

    @property
    def count(self) -> int:
        """How many different values there were, or about how many."""
        if self.is_exact:
            return len(self._hashes)
        return round((self.kept - 1) / (float(self._hashes[-1]) / 2.0**64))


class Frequent:
    """Counts each value, until there are too many different ones."""

    def __init__(self, most: int = COUNTED) -> None:
        self.most = most
        self.counts: dict[Any, int] | None = {}

    def add(self, values: pa.Array) -> None:
        """Count values, none of them null."""
        if self.counts is None:
            return
        found = pc.value_counts(values)
        if len(found) > self.most:
            self.counts = None
            return
        for each in found.to_pylist():
            self.counts[each["values"]] = self.counts.get(each["values"], 0) + each["counts"]
        if len(self.counts) > self.most:
            self.counts = None


def most_frequent(values: pa.Array | None, counts: dict[Any, int] | None, k: int) -> list[tuple[Any, int]]:
    """Return the `k` most frequent values with their counts, larger counts first, then smaller values.

    Args:
        values: a sample without nulls, counted where `counts` is None.
        counts: of all values.
    """
    if counts is None:
        frequent = Frequent(most=2**62)
        if values is not None:
            frequent.add(values)
        counts = frequent.counts or {}
    return sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))[:k]
