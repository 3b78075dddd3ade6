"""What occurs again is found; what shares a place with another may be taken for it."""

from __future__ import annotations

import numpy as np

from zipline.engines.kernels.repeats import BITS, Repeats


def test_counted_numbers_are_found_exactly_over_several_calls() -> None:
    repeats = Repeats()
    first, second = np.arange(100_000, dtype=np.uint64), np.arange(99_990, 200_000, dtype=np.uint64)

    assert not repeats.again(first).any()
    assert np.flatnonzero(repeats.again(second)).tolist() == list(range(10))


def test_all_repeated_numbers_are_found_however_they_are_spread() -> None:
    numbers = np.random.default_rng(1).integers(0, 2**64, 200_000, np.uint64)
    both = np.concatenate((numbers, numbers[:1000]))

    found = Repeats().again(both)

    assert found[200_000:].all()
    assert found.mean() < 0.01


def test_numbers_in_steps_of_the_table_do_not_all_share_a_place() -> None:
    steps = np.arange(10_000, dtype=np.uint64) << BITS

    assert Repeats().again(steps).mean() < 0.01
