"""Approximate counts of windows are those of the reference."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.engines.kernels.windows import Case, cases
from zipline.engines.kernels.approximate import RANKS, estimate, hash_slots, window_approximate
from zipline.engines.kernels.sliding import Sliding
from zipline.engines.kernels.xxh64 import hash_words
from zipline.reference import sketches as reference
from zipline.types import INT64


@given(case=cases(), size=st.sampled_from([1, 5, 1000]), seed=st.integers(0, 2**32 - 1))
def test_windows(case: Case, size: int, seed: int) -> None:
    values = np.random.default_rng(seed).integers(0, size, case.events)
    found = window_approximate(hash_slots(hash_words(values)), case.windows)
    assert found.tolist() == [reference.approximate_count(values[seen].tolist(), INT64) for seen in case.seen]


@pytest.mark.parametrize("n", [1, 100, 5_000, 50_000])
def test_one_large_window(n: int) -> None:
    values = np.arange(n) * 7
    ends = np.array([0, n])
    windows = Sliding(np.array([0]), np.array([n]), np.array([0, 1]), ends)
    found = int(window_approximate(hash_slots(hash_words(values)), windows)[0])
    assert found == reference.approximate_count(values.tolist(), INT64)
    assert abs(found - n) <= 0.05 * n


@pytest.mark.parametrize("rest", [0, 1, 2**51, 2**52 - 1])
def test_the_rank_counts_leading_zeros_of_the_rest(rest: int) -> None:
    slot = int(hash_slots(np.array([(5 << 52) | rest], np.uint64))[0])
    assert (slot >> 6, slot & 63) == (5, 52 - rest.bit_length() + 1)


# A few full registers, as the estimate of many does not fit int64; 2**50 values would be needed for that.
@given(st.lists(st.integers(0, RANKS + 1), max_size=40), st.integers(0, 45))
def test_any_registers(registers: list[int], others: int) -> None:
    held = registers + [others] * (4096 - len(registers))
    holding = np.bincount(held, minlength=RANKS + 2)
    assert estimate(holding) == round(reference._estimate(held))
