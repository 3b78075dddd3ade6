"""Running totals at some positions of an order are those of all positions, at these."""

from __future__ import annotations

import numpy as np
import pytest

from zipline.engines.kernels.fixed_point import STRETCH, running_total, span, totals_at


@pytest.mark.parametrize("n", [0, 1, STRETCH, 3 * STRETCH + 17])
@pytest.mark.parametrize("threads", [1, 3])
def test_the_totals_are_those_of_the_whole_order(n: int, threads: int) -> None:
    random = np.random.default_rng(n)
    values, order = random.normal(size=n), random.permutation(n)
    at = np.sort(np.concatenate((random.integers(0, n + 1, 100), [0, n])))
    bits = span(values) if n else span(np.ones(1))

    found = totals_at(values, order, at, bits, threads)

    assert found.tolist() == running_total(values[order], bits)[at].tolist()


def test_values_of_several_limbs_are_totalled_alike() -> None:
    values, order = np.array([1e300, 1e-300, -1e300]), np.array([2, 0, 1])
    bits = span(values)

    found = totals_at(values, order, np.arange(4), bits)

    assert found.tolist() == running_total(values[order], bits).tolist()
