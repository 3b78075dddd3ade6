"""Quantiles of windows are those of the reference, to the bit."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.engines.kernels.windows import Case, cases
from zipline.engines.kernels.quantiles import bucketed, window_quantiles
from zipline.reference.sketches import quantile
from zipline.sketches.ddsketch import Buckets

SPECIAL = np.array([0.0, -0.0, 5e-324, -5e-324, 2.0**-1022, 1.7976931348623157e308, np.inf, -np.inf, np.nan])
SHARES = (0.0, 0.25, 0.5, 0.9, 0.999, 1.0)


@given(values=st.lists(st.floats(), max_size=30), accuracy=st.sampled_from(["0.01", "0.2", "0.000001"]))
def test_every_value_is_in_its_bucket(values: list[float], accuracy: str) -> None:
    buckets, column = Buckets(accuracy), bucketed(np.array(values), accuracy)
    keys = [buckets.key(value) for value in values]
    assert column.codes.tolist() == [sorted(set(keys)).index(key) for key in keys]
    answers = np.array([buckets.value(key) for key in sorted(set(keys))])
    assert column.answers.tobytes() == answers.tobytes()


@pytest.mark.parametrize("accuracy", ["0.01", "0.0001"])
@given(case=cases(), seed=st.integers(0, 2**32 - 1), special=st.booleans(), wide=st.booleans())
def test_quantiles(accuracy: str, case: Case, seed: int, special: bool, wide: bool) -> None:
    rng = np.random.default_rng(seed)
    values = rng.normal(size=case.events) * 10.0 ** (rng.uniform(-300, 300, case.events) if wide else 0)
    if special:
        values = np.where(rng.random(case.events) < 0.3, rng.choice(SPECIAL, case.events), values)
    found = window_quantiles(bucketed(values, accuracy), SHARES, case.windows)
    expected = [
        [quantile(values[seen].tolist(), share, accuracy) if seen else 0.0 for share in SHARES]
        for seen in case.seen
    ]
    assert found.tobytes() == np.array(expected, np.float64).tobytes()
