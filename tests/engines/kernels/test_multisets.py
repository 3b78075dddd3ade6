"""Distinct, present and most frequent values of windows equal a count over the events that are seen."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise
from typing import Any

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from tests.engines.kernels.windows import Case, cases
from zipline.engines.kernels.distinct import window_distinct
from zipline.engines.kernels.frequent import window_frequent
from zipline.engines.kernels.present import window_present


def codes_of(case: Case, size: int, seed: int) -> np.ndarray[tuple[int], np.dtype[np.int32]]:
    return np.random.default_rng(seed).integers(0, size, case.events).astype(np.int32)


def lists(offsets: Any, codes: Any, counts: Any) -> list[list[tuple[int, int]]]:
    pairs = list(zip(codes.tolist(), counts.tolist(), strict=True))
    return [pairs[start:stop] for start, stop in pairwise(offsets)]


SIZES = st.sampled_from([1, 3, 10, 200])
SEEDS = st.integers(0, 2**32 - 1)


@given(case=cases(), size=SIZES, seed=SEEDS)
def test_distinct_and_present(case: Case, size: int, seed: int) -> None:
    codes = codes_of(case, size, seed)
    counted = [sorted(Counter(codes[seen].tolist()).items()) for seen in case.seen]
    assert window_distinct(codes, size, case.windows).tolist() == [len(counts) for counts in counted]
    assert lists(*window_present(codes, size, case.windows)) == counted


@given(case=cases(), size=SIZES, seed=SEEDS, k=st.sampled_from([1, 2, 5, 1000]))
def test_most_frequent(case: Case, size: int, seed: int, k: int) -> None:
    codes = codes_of(case, size, seed)
    expected = [
        sorted(Counter(codes[seen].tolist()).items(), key=lambda pair: (-pair[1], pair[0]))[:k]
        for seen in case.seen
    ]
    assert lists(*window_frequent(codes, size, k, case.windows)) == expected
    by_code = window_frequent(codes, size, k, case.windows, by_code=True)
    assert lists(*by_code) == [sorted(pairs) for pairs in expected]
