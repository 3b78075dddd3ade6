"""The second moment in registers: the same answers as fractions, at every place where words carry."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.engines.kernels.exact import deviations, every_window, same
from zipline.engines.kernels.additive import Additive
from zipline.engines.kernels.moments import moment


def check(values: list[float]) -> None:
    column = Additive(np.array([*values, 1.0, 1.0 + 2.0**-52, 2.0**20]))
    everything = [Fraction(value) for value in column.values.tolist()]
    lo, hi = every_window(len(everything))
    expected = [deviations(everything[a:b], 2) if b - a > 1 else 0.0 for a, b in zip(lo, hi, strict=True)]
    assert same(moment(column, 2, lo, hi), expected)
    assert [total.shape[1] for power in (1, 2) for total in column.totals(power)] == [2, 2, 3, 3]


@given(
    st.lists(
        st.floats(-(2.0**20), 2.0**20).map(lambda x: float(np.float64(round(x * 2**40)) / 2**40)), max_size=7
    )
)
def test_columns_of_ordinary_width(values: list[float]) -> None:
    check(values)


@pytest.mark.parametrize("base", [0.0, 1e6, -1e6, 2.0**-20, 65536.0])
@pytest.mark.parametrize("step", [2.0**-32, 2.0**-10, 1.0])
def test_small_deviations_from_a_large_mean(base: float, step: float) -> None:
    check([base, base + step, base - step, base + 3 * step, base])
