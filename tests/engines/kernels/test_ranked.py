"""The first and last events of windows, by value, by time and one for each distinct value, equal a sort."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.engines.kernels.windows import Case, cases
from zipline.engines.kernels.newest import rank_by_code, window_newest
from zipline.engines.kernels.ranked import contiguous_edges, rank_events, window_extreme, window_ranked

KS = st.sampled_from([1, 2, 5, 100])
SEEDS = st.integers(0, 2**32 - 1)


def lists(offsets: Any, events: Any) -> list[list[int]]:
    return [events[start:stop].tolist() for start, stop in pairwise(offsets)]


@given(case=cases(), k=KS, seed=SEEDS, lowest=st.booleans())
def test_the_greatest_and_least_values(case: Case, k: int, seed: int, lowest: bool) -> None:
    values = np.random.default_rng(seed).integers(-5, 5, case.events)
    keys = np.repeat(np.arange(len(case.windows.event_starts) - 1), np.diff(case.windows.event_starts))
    ranks = rank_events(keys, values, len(case.windows.event_starts) - 1)
    ordered = [sorted(seen, key=lambda e: (values[e], e), reverse=not lowest) for seen in case.seen]
    assert lists(*window_ranked(ranks, k, case.windows, lowest=lowest)) == [events[:k] for events in ordered]
    extreme = window_extreme(ranks, case.windows, lowest=lowest)
    assert extreme.tolist() == [events[0] if events else -1 for events in ordered]


@given(case=cases(), k=KS, lowest=st.booleans())
def test_the_first_and_last_events(case: Case, k: int, lowest: bool) -> None:
    ordered = [sorted(seen, reverse=not lowest)[:k] for seen in case.seen]
    assert lists(*window_ranked(None, k, case.windows, lowest=lowest)) == ordered
    if case.windows.contiguous:
        edges = contiguous_edges(case.windows.lo, case.windows.hi, k, first=lowest)
        assert lists(*edges) == ordered


@given(case=cases(), k=KS, seed=SEEDS, oldest=st.booleans(), size=st.sampled_from([1, 3, 50]))
def test_a_distinct_value_counts_at_its_newest_or_oldest_event(
    case: Case, k: int, seed: int, oldest: bool, size: int
) -> None:
    codes = np.random.default_rng(seed).integers(0, size, case.events)
    ranks = rank_by_code(codes, case.windows.event_starts)
    expected = []
    for seen in case.seen:
        first_met: dict[int, int] = {}
        for event in sorted(seen, reverse=not oldest):
            first_met.setdefault(int(codes[event]), event)
        expected.append(list(first_met.values())[:k])
    assert lists(*window_newest(codes, size, ranks, k, case.windows, oldest=oldest)) == expected


@pytest.mark.parametrize("first", [False, True])
def test_edges_of_no_windows(first: bool) -> None:
    nothing = np.empty(0, np.int64)
    offsets, events = contiguous_edges(nothing, nothing, 3, first=first)
    assert (offsets.tolist(), events.tolist()) == ([0], [])
