"""What every observation of a window sees, and how kernels that slide a state along a key walk over it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import TypeVar

import numpy as np

from zipline.engines.kernels.additive import Orders
from zipline.engines.kernels.arrays import Integers, Values
from zipline.engines.kernels.grouping import gather
from zipline.engines.kernels.jit import kernel, run_each
from zipline.engines.kernels.ranges import balanced

Space = TypeVar("Space")


@dataclass(frozen=True)
class Sliding:
    """Windows over a column whose events are sorted by key and time.

    Observation `j` sees the first `hi[j]` events of the entering order without the first `lo[j]` of the
    leaving one. A kernel keeps a state for one key at a time: it adds what enters, removes what leaves, and
    reads the state at each observation. Where both orders are that of the events, what left before the next
    observation could see it is never added.

    Attributes:
        lo, hi: int64[m], positions in the orders, non-decreasing within a key.
        starts: key `k` has the observations `starts[k]` to `starts[k + 1]`.
        event_starts: key `k` has the events `event_starts[k]` to `event_starts[k + 1]`.
        orders: None where both are that of the events.
        threads: how many threads to use; all processors unless given.
    """

    lo: Integers
    hi: Integers
    starts: Integers
    event_starts: Integers
    orders: Orders | None = None
    threads: int | None = None

    @property
    def contiguous(self) -> bool:
        """Whether a window is exactly the events `[lo, hi)`."""
        return self.orders is None

    @cached_property
    def begins(self) -> Integers:
        """Where each key begins in the orders, which leave out the events that nobody can see."""
        if self.orders is None or len(self.orders.enter) == self.event_starts[-1]:
            return self.event_starts
        begins = np.empty(len(self.event_starts), np.int64)
        _begins(self.orders.enter, self.event_starts, begins)
        return begins

    @cached_property
    def longest(self) -> int:
        """The number of events of the key that has most."""
        return int(np.diff(self.event_starts).max(initial=0))

    def in_order(self, values: Values) -> tuple[Values, Values]:
        """Return values of events in the order of entering and of leaving; one array where both are one."""
        if self.orders is None:
            return values, values
        return gather(values, self.orders.enter, self.threads), gather(
            values, self.orders.leave, self.threads
        )

    def run(self, make: Callable[[], Space], slide: Callable[[Space, int, int], object]) -> None:
        """Call ``slide(space, first_key, last_key)`` over all keys on several threads.

        A space comes from `make` and is used again: `slide` gives it back as clean as it was made.
        """
        free: list[Space] = []

        def task(first: int, last: int) -> None:
            try:
                space = free.pop()
            except IndexError:
                space = make()
            slide(space, first, last)
            free.append(space)

        run_each(task, balanced(self.begins + self.starts, self.threads), self.threads)


@kernel
def _begins(enter: Integers, event_starts: Integers, begins: Integers) -> None:
    position = 0
    for key in range(len(begins)):
        while position < len(enter) and enter[position] < event_starts[key]:
            position += 1
        begins[key] = position


def list_offsets(sizes: Integers) -> Integers:
    """Return where each list begins and the last one ends, for lists of these sizes laid end to end.

    >>> list_offsets(np.array([2, 0, 1])).tolist()
    [0, 2, 2, 3]
    """
    offsets = np.zeros(len(sizes) + 1, np.int64)
    np.cumsum(sizes, out=offsets[1:])
    return offsets
