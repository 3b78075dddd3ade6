"""Two to the power of a fraction, against 60 decimal digits."""

from __future__ import annotations

import math
from decimal import Decimal, localcontext

from hypothesis import example, given
from hypothesis import strategies as st

from zipline.exp2 import QUARTERS, REMAINDERS, exp2_fraction


def power(fraction: float) -> Decimal:
    with localcontext() as context:
        context.prec = 60
        return (Decimal(2).ln() * Decimal(fraction)).exp()


@given(st.floats(0.0, 1.0, exclude_max=True))
@example(0.125)
@example(0.3750000034509086)
@example(0.6252034516347209)
@example(0.8749999999948287)
@example(1.0 - 2.0**-53)
@example(5e-324)
def test_within_one_unit_in_the_last_place(fraction: float) -> None:
    found = exp2_fraction(fraction)
    assert abs(Decimal(found) - power(fraction)) < Decimal(math.ulp(1.0))
    assert 1.0 <= found < 2.0


def test_quarters_are_exact_or_nearest() -> None:
    assert [exp2_fraction(quarter / 4) for quarter in range(4)] == list(QUARTERS[:4])
    for quarter, (head, tail) in enumerate(zip(QUARTERS, REMAINDERS, strict=True)):
        with localcontext() as context:
            context.prec = 50
            lost = power(quarter / 4) - Decimal(head)
        assert tail == (float(lost) if quarter < 4 else 0.0)
