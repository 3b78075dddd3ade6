"""What aggregations answer where it is easy to be wrong: ties, specials, overflows, edges of windows."""

from __future__ import annotations

import math
import struct
from array import array
from collections.abc import Iterable
from decimal import Decimal
from functools import reduce
from typing import Any

import pytest

import zipline as zl
from tests.refusals import refusal
from zipline.dsl.aggregation import Aggregation, Input
from zipline.errors import DataError

HOUR = 3_600_000_000
NAN, INF = math.nan, math.inf


def answer(aggregation: Aggregation, values: Iterable[Any], t: int = 10**9) -> Any:
    """Return the result for values at times 0, 1, 2 ... microseconds."""
    return of_events(aggregation, [Input(at, at, value) for at, value in enumerate(values)], t)


def of_events(aggregation: Aggregation, events: Iterable[Input], t: int = 10**9) -> Any:
    """Return the result for some events."""
    return aggregation.finish(reduce(aggregation.add, events, aggregation.zero()), t)


def same(left: float | None, right: float | None) -> bool:
    """Return whether two results are equal to the bit."""
    return left is right or struct.pack("<d", left) == struct.pack("<d", right)


@pytest.mark.parametrize(
    ("aggregation", "empty"),
    [
        (zl.Count(), 0),
        (zl.Sum("x"), None),
        (zl.Mean("x"), None),
        (zl.Variance("x"), None),
        (zl.Skew("x"), None),
        (zl.Min("x"), None),
        (zl.Last("x"), None),
        (zl.LastK("x", 2), []),
        (zl.TopK("x", 2), []),
        (zl.CountDistinct("x"), 0),
        (zl.ApproxCountDistinct("x"), 0),
        (zl.Quantile("x"), None),
        (zl.Quantile("x", [0.5]), None),
        (zl.Histogram("x"), {}),
        (zl.MostFrequent("x"), []),
        (zl.DecayedSum("x", half_life="1h"), 0.0),
        (zl.DecayedCount(half_life="1h"), 0.0),
        (zl.TimeSinceLast(), None),
        (zl.VectorSum("x"), None),
    ],
)
def test_no_events(aggregation: Aggregation, empty: Any) -> None:
    assert aggregation.empty == empty
    assert type(aggregation.empty) is type(empty)


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([True, True, False], 2),
        ([2**63 - 1, 1, -1], 2**63 - 1),
        ([Decimal("0.10"), Decimal("0.20")], Decimal("0.30")),
        ([1e300, 1e-300, -1e300], 1e-300),
        ([-0.0, -0.0], 0.0),
        ([INF, -INF], NAN),
    ],
)
def test_sums(values: list[Any], expected: Any) -> None:
    total = answer(zl.Sum("x"), values)
    assert repr(total) == repr(expected)


def test_only_the_total_of_a_sum_can_overflow() -> None:
    message = refusal(lambda: answer(zl.Sum("x"), [2**63 - 1, 1]), DataError)
    assert message == (
        "Sum('x'): the sum 9223372036854775808 does not fit int64\nHint: sum it as a float: CAST(x AS double)"
    )
    large = Decimal("9" * 36 + ".99")
    message = refusal(lambda: answer(zl.Sum("x"), [large, large]), DataError)
    assert "Sum('x'): the sum 1999999999999999999999999999999999999.98 does not fit decimal(38,2)" in message
    assert answer(zl.Mean("x"), [2**63 - 1] * 2) == 2.0**63


def test_a_mean_is_the_rounded_sum_divided_by_n() -> None:
    assert same(answer(zl.Mean("x"), [0.1, 0.2, 0.3]), math.fsum([0.1, 0.2, 0.3]) / 3)
    assert answer(zl.Mean("x"), [1.7e308, 1.7e308]) == INF


@pytest.mark.parametrize(
    ("aggregation", "values", "expected"),
    [
        (zl.Variance("x"), [5], 0.0),
        (zl.Variance("x", sample=True), [5], None),
        (zl.Variance("x", sample=True), [NAN], None),
        (zl.Variance("x"), [NAN], NAN),
        (zl.Variance("x"), [1e300, -1e300], INF),
        (zl.Stddev("x", sample=True), [1.0, 2.0, INF], NAN),
        (zl.Stddev("x"), [0.1, 0.1], 0.0),
        (zl.Skew("x"), [1, 2], None),
        (zl.Skew("x"), [3, 3, 3], None),
        (zl.Skew("x"), [INF, NAN], None),
        (zl.Skew("x"), [0, 0, 1], 0.7071067811865475),
        (zl.Kurtosis("x"), [1, 2, 3], None),
        (zl.Kurtosis("x"), [1, 1, 1, 1], None),
        (zl.Kurtosis("x"), [1e-200, -1e-200, 0.0, 0.0], None),
        (zl.Kurtosis("x"), [0, 0, 0, NAN], NAN),
        (zl.Kurtosis("x"), [0, 0, 0, 1], -0.666666666666667),
    ],
)
def test_moments(aggregation: Aggregation, values: list[Any], expected: float | None) -> None:
    result = answer(aggregation, values)
    if expected is None or not math.isfinite(expected) or expected == 0.0:
        assert same(result, expected)
    else:
        assert result == pytest.approx(expected, rel=1e-12)


def test_the_order_of_events_is_time_then_knowledge_then_value() -> None:
    tie = [Input(1, 0, 9.0), Input(1, 1, -0.0), Input(1, 1, NAN), Input(1, 1, 3.0), Input(0, 9, 1.0)]
    assert math.isnan(of_events(zl.Last("x"), tie))
    assert of_events(zl.First("x"), tie) == 1.0
    assert str(of_events(zl.LastK("x", 5), tie)) == "[nan, 3.0, 0.0, 9.0, 1.0]"
    assert str(of_events(zl.FirstK("x", 3), tie)) == "[1.0, 9.0, 0.0]"


def test_a_null_is_the_lowest_in_a_tie_where_it_is_kept() -> None:
    tie = [Input(1, 1, None), Input(1, 1, -INF)]
    assert of_events(zl.Last("x", nulls=True), tie) == -INF
    assert of_events(zl.First("x", nulls=True), tie) is None
    assert of_events(zl.LastK("x", 2, nulls=True), tie) == [-INF, None]
    last = zl.Last("x", nulls=True)
    assert not last.is_empty(last.add(last.zero(), Input(0, 0, None)), 1), "a null that is kept is an input"


def test_a_distinct_value_counts_at_its_newest_or_oldest_event() -> None:
    pages = ["home", "cart", "home", "pay", "cart"]
    assert answer(zl.LastK("x", 2, distinct=True), pages) == ["cart", "pay"]
    assert answer(zl.FirstK("x", 3, distinct=True), pages) == ["home", "cart", "pay"]


def test_several_columns_stay_together_nulls_included() -> None:
    pairs = [("LGA", 3.0), (None, None)]
    assert answer(zl.Last(["dest", "delay"]), pairs) == {"dest": None, "delay": None}
    assert answer(zl.LastK(["dest", "delay"], 2), pairs) == [
        {"dest": None, "delay": None},
        {"dest": "LGA", "delay": 3.0},
    ]


def test_extremes_put_nan_above_every_number_and_keep_duplicates() -> None:
    values = [1.0, NAN, INF, 1.0, -0.0]
    assert math.isnan(answer(zl.Max("x"), values))
    assert str(answer(zl.Min("x"), values)) == "0.0"
    assert str(answer(zl.TopK("x", 3), values)) == "[nan, inf, 1.0]"
    assert str(answer(zl.BottomK("x", 3), values)) == "[0.0, 1.0, 1.0]"


def test_equal_counts_go_to_the_smaller_value() -> None:
    origins = ["b", "c", "a", "c", "b"]
    assert answer(zl.MostFrequent("x", 2), origins) == ["b", "c"]
    assert [*answer(zl.Histogram("x"), origins).items()] == [("a", 1), ("b", 2), ("c", 2)]
    assert answer(zl.Histogram("x", 1), origins) == {"b": 2}


def test_more_distinct_values_than_the_limit_are_an_error() -> None:
    assert answer(zl.CountDistinct("x", limit=2), [1, 2, 1]) == 2
    for aggregation in (
        zl.CountDistinct("x", limit=2),
        zl.Histogram("x", limit=2),
        zl.MostFrequent("x", limit=2),
    ):
        message = refusal(lambda aggregation=aggregation: answer(aggregation, [1, 2, 3]), DataError)  # type: ignore[misc]
        assert (
            f"{aggregation.title()}: 3 distinct values are more than limit=2\nHint: raise the limit"
            in message
        )


def test_quantiles_are_within_their_accuracy_and_in_the_order_asked() -> None:
    values = range(1, 1001)
    low, median = answer(zl.Quantile("x", [0.0, 0.5], accuracy=0.01), values)
    assert abs(low - 1) <= 0.0101
    assert abs(median - 500) <= 5
    assert answer(zl.Quantile("x", [1.0, 0.0]), [NAN, -INF])[1] == -INF
    assert answer(zl.Quantile("x", 0.5), [INF, 5e-324, -INF]) == 0.0


def test_decay_halves_with_every_half_life_and_ends_after_256() -> None:
    faded = zl.DecayedSum("x", half_life="1h")
    assert of_events(faded, [Input(0, 0, 8), Input(HOUR, 0, 8)], 3 * HOUR) == 1.0 + 2.0
    assert of_events(faded, [Input(0, 0, 1.0)], 256 * HOUR + HOUR - 1) > 0.0
    old = faded.add(faded.zero(), Input(0, 0, 1.0))
    assert not faded.is_empty(old, 257 * HOUR - 1)
    assert faded.is_empty(old, 257 * HOUR)
    assert faded.finish(old, 257 * HOUR) == 0.0
    assert of_events(faded, [Input(0, 0, NAN)], 257 * HOUR) == 0.0, (
        "what is outside the window leaves no trace"
    )
    assert math.isnan(of_events(faded, [Input(0, 0, NAN)], HOUR))


def test_times_since_are_seconds_before_the_epoch_too() -> None:
    events = [Input(-3, 0, None), Input(-1_000_001, 0, None)]
    assert of_events(zl.TimeSinceFirst(), events, -1) == 1.0
    assert of_events(zl.TimeSinceLast(), events, -1) == 2e-06


def test_vectors_are_rounded_once_to_their_own_element_type() -> None:
    tenth = array("f", [0.1, 1.0])
    single = [Input(0, 0, tenth), Input(0, 0, tenth), Input(0, 0, tenth)]
    (expected,) = struct.unpack("<f", struct.pack("<f", 3 * tenth[0]))
    assert of_events(zl.VectorSum("x"), single) == [expected, 3.0]
    assert answer(zl.VectorMean("x"), [[0.1, 1e308], [0.2, 1.6e308]]) == [0.15000000000000002, 1.3e308]
    assert answer(zl.VectorSum("x"), [[1.0, None], [2.0, 3.0]]) == [2.0, 3.0]


def test_vectors_of_two_lengths_are_an_error() -> None:
    message = refusal(lambda: answer(zl.VectorSum("x"), [[1.0], [1.0, 2.0]]), DataError)
    assert "VectorSum('x'): vectors of 1 and 2 elements cannot be added\nHint: a column's vectors" in message
