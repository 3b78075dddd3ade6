"""Rows are sorted by (group, time, second time, row), whatever the times look like."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from zipline.engines.kernels.grouping import SMALL, gather, group_rows

INT64 = np.iinfo(np.int64)


@given(
    rows=st.lists(
        st.tuples(st.integers(0, 3), st.integers(-3, 3) | st.integers(INT64.min, INT64.max)), max_size=120
    ),
    second=st.none() | st.lists(st.integers(-2, 2), min_size=120, max_size=120),
    threads=st.integers(1, 3),
)
def test_rows_are_sorted_stably(rows: list[tuple[int, int]], second: list[int] | None, threads: int) -> None:
    codes = np.array([code for code, _ in rows], np.int32)
    times = np.array([time for _, time in rows], np.int64)
    then = None if second is None else np.array(second[: len(rows)], np.int64)
    grouping = group_rows(codes, times, 4, then, threads)
    expected = sorted(range(len(rows)), key=lambda i: (*rows[i], second[i] if second else 0))
    assert grouping.order.tolist() == expected
    assert grouping.times.tolist() == [rows[i][1] for i in expected]
    assert grouping.starts.tolist() == [sum(code < group for code, _ in rows) for group in range(5)]


def _shapes(n: int) -> dict[str, np.ndarray[tuple[int], np.dtype[np.int64]]]:
    rng = np.random.default_rng(7)
    return {
        "uniform": rng.integers(0, 10**13, n),
        "sorted": np.arange(n),
        "reversed": np.arange(n)[::-1].copy(),
        "one": np.zeros(n, np.int64),
        "two": rng.integers(0, 2, n),
        "one far away": np.append(rng.integers(0, 1000, n - 1), INT64.min),
        "logarithmic": (2.0 ** rng.uniform(0, 62, n)).astype(np.int64),
        "both ends": np.where(rng.integers(0, 2, n) > 0, INT64.max, INT64.min) + rng.integers(0, 1, n),
    }


@pytest.mark.parametrize("shape", _shapes(2))
@pytest.mark.parametrize("with_second", [False, True])
def test_a_long_group_is_sorted(shape: str, with_second: bool) -> None:
    n = 100 * SMALL
    times = _shapes(n)[shape]
    second = np.random.default_rng(8).integers(0, 1000, n) if with_second else None
    grouping = group_rows(np.zeros(n, np.int64), times, 1, second, threads=2)
    keys = (times,) if second is None else (second, times)
    assert np.array_equal(grouping.order, np.lexsort(keys))


def test_columns_are_gathered() -> None:
    column = np.arange(100_000, dtype=np.float32)
    order = np.random.default_rng(9).permutation(100_000)
    assert np.array_equal(gather(column, order, threads=2), column[order])


def test_no_rows_make_empty_groups() -> None:
    grouping = group_rows(np.empty(0, np.int32), np.empty(0, np.int64), 2)
    assert (grouping.order.tolist(), grouping.starts.tolist()) == ([], [0, 0, 0])
