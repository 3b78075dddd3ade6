"""The extreme of every range equals a scan of it, in values and in first positions."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from zipline.engines.kernels.extremes import Extremes

INT64 = np.iinfo(np.int64)


@given(
    keys=st.lists(st.integers(-3, 3) | st.sampled_from([INT64.min, INT64.max]), max_size=40),
    copies=st.integers(1, 12),
    seed=st.integers(0, 2**32 - 1),
    greatest=st.booleans(),
)
def test_every_range_equals_its_scan(keys: list[int], copies: int, seed: int, greatest: bool) -> None:
    rng = np.random.default_rng(seed)
    column = np.array(keys * copies, np.int64)
    lo = rng.integers(0, len(column) + 1, 30)
    hi = rng.integers(0, len(column) + 1, 30)
    extremes = Extremes(column, greatest=greatest)
    scan = np.argmax if greatest else np.argmin
    expected = [int(a + scan(column[a:b])) if a < b else -1 for a, b in zip(lo, hi, strict=True)]
    assert extremes.positions(lo, hi).tolist() == expected
    assert extremes.values(lo, hi).tolist() == [int(column[p]) if p >= 0 else 0 for p in expected]


@pytest.mark.parametrize("n", [63, 64, 65, 127, 128, 129, 5_000])
@pytest.mark.parametrize("greatest", [False, True])
def test_ranges_around_the_blocks(n: int, greatest: bool) -> None:
    column = np.random.default_rng(n).integers(-1000, 1000, n)
    edges = np.array([edge for edge in (0, 1, 63, 64, 65, 128, 1_000, 4_096, n - 1, n) if edge <= n])
    lo, hi = (grid.ravel() for grid in np.meshgrid(edges, edges))
    lo, hi = lo[lo < hi], hi[lo < hi]
    scan = np.argmax if greatest else np.argmin
    expected = [int(a + scan(column[a:b])) for a, b in zip(lo, hi, strict=True)]
    extremes = Extremes(column, greatest=greatest, threads=2)
    assert extremes.positions(lo, hi).tolist() == expected
    assert np.array_equal(extremes.values(lo, hi), column[expected])
