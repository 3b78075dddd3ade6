"""A bucket's answer is within the accuracy of every value in it, and buckets are in the order of values."""

from __future__ import annotations

import math
from functools import cache

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zipline.reference import sketches as reference
from zipline.sketches.ddsketch import LARGEST, SMALLEST, Buckets, edge

ACCURACIES = ("0.5", "0.05", "0.01", "0.001", "0.0001")
SPECIAL = (math.inf, LARGEST, 2.0, math.nextafter(2.0, 0.0), 1.0, math.nextafter(1.0, 0.0), SMALLEST)


@cache
def buckets(accuracy: str) -> Buckets:
    return Buckets(accuracy)


def values() -> st.SearchStrategy[float]:
    return st.floats() | st.sampled_from(SPECIAL) | st.sampled_from(SPECIAL).map(lambda value: -value)


@given(value=st.floats(SMALLEST, LARGEST), accuracy=st.sampled_from(ACCURACIES))
def test_the_answer_is_within_the_accuracy(value: float, accuracy: str) -> None:
    answer = buckets(accuracy).value(buckets(accuracy).key(value))
    # Where the parabola meets the logarithm the bound is reached: then only rounding goes beyond it.
    assert abs(answer - value) <= value * float(accuracy) + 4 * math.ulp(value)


@given(share=st.floats(0, 1), accuracy=st.sampled_from(ACCURACIES), step=st.sampled_from((-1, 0, 1)))
def test_the_answer_is_within_the_accuracy_at_the_edges(share: float, accuracy: str, step: int) -> None:
    this = buckets(accuracy)
    s, x = edge(this.first + 1 + int(share * (this.infinite - 3)), this.multiplier)
    at = math.ldexp(s, x)
    value = at if step == 0 else math.nextafter(at, step * math.inf)
    answer = this.value(this.key(value))
    assert abs(answer - value) <= value * float(accuracy) + 4 * math.ulp(value)


@given(left=values(), right=values(), accuracy=st.sampled_from(ACCURACIES))
def test_buckets_are_in_the_order_of_values(left: float, right: float, accuracy: str) -> None:
    this = buckets(accuracy)
    if math.isnan(left) or math.isnan(right):
        assert math.isnan(left) == math.isnan(this.value(this.key(left)))
        assert (this.key(left) < this.key(right)) == (not math.isnan(left))
    elif left <= right:
        assert this.key(left) <= this.key(right)
        assert this.value(this.key(left)) <= this.value(this.key(right))


@given(value=values(), accuracy=st.sampled_from(ACCURACIES))
def test_the_answer_is_that_of_the_reference(value: float, accuracy: str) -> None:
    answer = buckets(accuracy).value(buckets(accuracy).key(value))
    assert repr(answer) == repr(reference.quantile([value], 0.5, accuracy))


@pytest.mark.parametrize("value", [math.inf, -math.inf, 0.0])
def test_special_values_are_their_own_answer(value: float) -> None:
    this = buckets("0.01")
    assert this.value(this.key(value)) == value
    assert this.value(this.key(math.copysign(SMALLEST / 2, value))) == 0.0
