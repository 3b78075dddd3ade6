"""Draw windows for the tests of sliding kernels: what every observation sees."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from hypothesis import strategies as st

from zipline.engines.kernels.additive import Orders
from zipline.engines.kernels.arrays import Integers
from zipline.engines.kernels.sliding import Sliding


@dataclass(frozen=True)
class Case:
    """Windows, and the events that each observation sees, in the order of events."""

    windows: Sliding
    seen: list[list[int]]

    @property
    def events(self) -> int:
        """How many events there are."""
        return int(self.windows.event_starts[-1])


@st.composite
def cases(draw: st.DrawFn) -> Case:
    """Draw a few keys with events and observations; contiguous windows or lives that overlap in any way."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    events = draw(st.lists(st.integers(0, 40), min_size=1, max_size=4))
    observations = [draw(st.integers(0, 12)) for _ in events]
    contiguous, threads = draw(st.booleans()), draw(st.integers(1, 2))
    event_starts, starts = (np.cumsum([0, *counts]) for counts in (events, observations))
    keys = np.repeat(np.arange(len(events)), events)
    born: Integers = np.sort(rng.integers(0, 30, len(keys)) + 100 * keys)
    dies: Integers = born + (7 if contiguous else rng.integers(0, 20, len(keys)))
    born, dies = (born, dies) if contiguous else (dies - rng.integers(0, 20, len(keys)), dies)
    times = np.sort(rng.integers(-2, 45, starts[-1]) + 100 * np.repeat(np.arange(len(events)), observations))
    asked = np.repeat(np.arange(len(events)), observations)
    lives = [e for e in range(len(keys)) if born[e] < dies[e]]
    enter = np.array(sorted(lives, key=lambda e: (keys[e], born[e])), np.int64)
    leave = np.array(sorted(lives, key=lambda e: (keys[e], dies[e])), np.int64)

    def passed(order: Integers, moments: Integers) -> Integers:
        return np.array(
            [sum((keys[e], moments[e]) < (k, t) for e in order) for k, t in zip(asked, times, strict=True)],
            np.int64,
        )

    orders = None if contiguous else Orders(enter, leave)
    windows = Sliding(passed(leave, dies), passed(enter, born), starts, event_starts, orders, threads)
    seen = [
        [e for e in lives if keys[e] == k and born[e] < t <= dies[e]]
        for k, t in zip(asked, times, strict=True)
    ]
    return Case(windows, seen)
