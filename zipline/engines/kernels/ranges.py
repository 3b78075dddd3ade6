"""Cut the keys into ranges that cost about the same."""

from __future__ import annotations

import itertools

import numpy as np

from zipline.engines.kernels.arrays import Integers
from zipline.engines.kernels.jit import thread_count

FEW = 1024
"""Work of less cost is done sooner than threads are started for it."""


def balanced(cost: Integers, threads: int | None = None, small: int = FEW) -> list[tuple[int, int]]:
    """Cut ``range(len(cost) - 1)`` into ranges of nearly one cost, the most expensive range first.

    `cost` is non-decreasing: element ``k`` costs ``cost[k + 1] - cost[k]``. A range holds at least one
    element, so a hot one may cost more than the others; coming first, it does not keep the threads waiting at
    the end. There are several ranges for each thread, as they are not equally fast, and a single one where all
    of them together cost less than `small`.

    >>> balanced(np.array([0, 1, 2, 90, 91, 92]), threads=2)
    [(0, 5)]
    >>> balanced(np.array([0, 1, 2, 90, 91, 92]), threads=2, small=50)
    [(2, 3), (0, 2), (3, 5)]
    """
    n, threads = len(cost) - 1, thread_count(threads)
    if threads == 1 or n == 0 or cost[-1] - cost[0] < small:
        return [(0, n)]
    parts = threads * 8
    targets = int(cost[0]) + (int(cost[-1]) - int(cost[0])) * np.arange(1, parts) / parts
    # Cut before and after the element in which a target lies.
    inside = np.searchsorted(cost, targets, side="right") - 1
    cuts = np.unique(np.concatenate(([0], inside, np.searchsorted(cost, targets), [n])).clip(0, n))
    ranges = [(int(start), int(stop)) for start, stop in itertools.pairwise(cuts)]
    return sorted(ranges, key=lambda span: int(cost[span[0]] - cost[span[1]]))
