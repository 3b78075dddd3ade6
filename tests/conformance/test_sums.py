"""Sums, means and moments: exact, rounded once, whatever the sizes."""

from __future__ import annotations

import math
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pytest

from tests.conformance.check import agree, expect
from tests.conformance.dataset import STAMP
from tests.conformance.engines import ENGINES
from tests.conformance.requests import ask, table, view
from zipline.aggregations import Kurtosis, Mean, Skew, Stddev, Sum, Variance, VectorMean, VectorSum
from zipline.errors import DataError

INF, NAN = math.inf, math.nan
LARGEST = 1.7976931348623157e308
MOMENTS = [Variance("x"), Variance("x", sample=True).named("sample"), Stddev("x"), Skew("x"), Kurtosis("x")]


def events(values: list[Any], kind: Any = None) -> pa.Table:
    """Return one event per value, a microsecond apart."""
    types = {} if kind is None else {"x": kind}
    return table([{"at": at, "k": 1, "x": x} for at, x in enumerate(values)], at=STAMP, k=pa.int64(), **types)


@pytest.mark.parametrize(
    ("values", "total"),
    [
        ([1e300, 1e-300, -1e300], 1e-300),
        ([1e16, 1.0, -1e16], 1.0),
        ([0.1] * 10, 1.0),
        ([1.0, 2.0**-53], 1.0),
        ([1.0, 2.0**-53, 2.0**-105], 1.0000000000000002),
        ([1.0, 2.0**-52, 2.0**-53], 1.0000000000000004),
        ([5e-324, 5e-324], 1e-323),
        ([5e-324, -1e-323, 5e-324], 0.0),
        ([2.0**-1022, -5e-324], 2.225073858507201e-308),
        ([LARGEST, LARGEST, -LARGEST], LARGEST),
        ([LARGEST, 2.0**969], LARGEST),
        ([LARGEST, 2.0**970], INF),
        ([-LARGEST, -(2.0**970)], -INF),
        ([LARGEST, LARGEST], INF),
        ([LARGEST, 5e-324, -LARGEST], 5e-324),
        ([-0.0], 0.0),
        ([-0.0, -0.0], 0.0),
        ([INF, 1.0], INF),
        ([-INF, LARGEST], -INF),
        ([INF, -INF], NAN),
        ([INF, NAN], NAN),
        ([-NAN], NAN),
    ],
)
def test_a_float_sum_is_exact_and_rounded_once(values: list[float], total: float) -> None:
    expect(ask(view(events(values), [Sum("x")]), 99), v__x_sum=[total])


def test_infinities_and_nan_leave_no_trace_once_out_of_the_window() -> None:
    values = [0.1, INF, 0.2, -INF, NAN, 0.3, 1e300, 0.1]
    features = [Sum("x").over("2us", "1us"), Mean("x").over("2us"), *(each.over("3us") for each in MOMENTS)]
    expect(
        ask(view(events(values), features), *range(1, 12)),
        v__x_sum_1us=[0.1, INF, 0.2, -INF, NAN, 0.3, 1e300, 0.1, None, None, None],
        v__x_sum_2us=[0.1, INF, INF, -INF, NAN, NAN, 1e300, 1e300, 0.1, None, None],
    )


@pytest.mark.parametrize("span", [1, 60, 600, 2000])
def test_sums_of_values_of_very_different_size(span: int) -> None:
    values = [math.ldexp(1.0 + n / 7.0, (n * 37) % span - span // 2) * (-1) ** (n // 3) for n in range(40)]
    features: list[Any] = [each.over("7us", "20us", "1h") for each in (Sum("x"), Mean("x"), *MOMENTS)]
    agree(ask(view(events(values), features), *range(0, 60, 3)))


def test_int_sums_are_exact_whatever_lies_between() -> None:
    values = [2**63 - 1, 1, -(2**63), 5, None, 2**62]
    features = [Sum("x").over("3us"), Mean("x").over("3us"), Mean("x"), Variance("x"), Kurtosis("x")]
    case = ask(view(events(values, pa.int64()), features), 0, 1, 3, 4, 5, 6)
    expect(case, v__x_sum_3us=[None, 2**63 - 1, 0, -(2**63) + 6, -(2**63) + 5, 2**62 + 5])


@pytest.mark.parametrize("values", [[2**63 - 1, 1], [-(2**63), -1], [2**63 - 1] * 5])
@pytest.mark.parametrize("engine", ENGINES)
def test_an_int_sum_that_does_not_fit_is_an_error(engine: str, values: list[int]) -> None:
    case = ask(view(events(values, pa.int64()), [Sum("x")]), 9)
    with pytest.raises(DataError, match=r"(?i)int64|overflow"):
        ENGINES[engine](case)


def test_bools_are_ones_and_zeros() -> None:
    expect(
        ask(view(events([True, None, False, True]), [Sum("x"), Mean("x"), Variance("x")]), 9),
        v__x_sum=[2],
        v__x_mean=[2 / 3],
        v__x_variance=[(2 / 3) / 3],
    )


def test_decimal_sums_keep_their_scale() -> None:
    kind = pa.decimal128(38, 3)
    big, minus = Decimal("9" * 34 + ".999"), Decimal("-" + "9" * 34 + ".999")
    features = [Sum("x").over("1us", "2us"), Mean("x"), Stddev("x")]
    expect(
        ask(view(events([big, minus, Decimal("0.001"), big], kind), features), 1, 2, 3, 4),
        v__x_sum_1us=[big, minus, Decimal("0.001"), big],
        v__x_sum_2us=[
            big,
            Decimal("0.000"),
            Decimal("-" + "9" * 34 + ".998"),
            Decimal("1" + "0" * 34 + ".000"),
        ],
    )


@pytest.mark.parametrize("engine", ENGINES)
def test_a_decimal_sum_that_does_not_fit_is_an_error(engine: str) -> None:
    big = Decimal("9" * 38)
    case = ask(view(events([big, Decimal(1)], pa.decimal128(38, 0)), [Sum("x")]), 9)
    with pytest.raises(DataError, match=r"(?i)decimal|digits|overflow"):
        ENGINES[engine](case)


def test_a_mean_is_the_rounded_sum_divided() -> None:
    expect(ask(view(events([0.1, 0.2, 0.4]), [Mean("x")]), 9), v__x_mean=[0.7000000000000001 / 3])
    expect(ask(view(events([2**62, 2**62 + 1], pa.int64()), [Mean("x")]), 9), v__x_mean=[float(2**62)])
    expect(ask(view(events([LARGEST, LARGEST]), [Mean("x")]), 9), v__x_mean=[INF])


@pytest.mark.parametrize(
    ("values", "variance", "sample", "skew", "kurtosis"),
    [
        ([], None, None, None, None),
        ([3.0], 0.0, None, None, None),
        ([3.0, 3.0], 0.0, 0.0, None, None),
        ([0.1, 0.1, 0.1, 0.1], 0.0, 0.0, None, None),
        ([-1.0, -1.0, 1.0, 1.0], 1.0, 4.0 / 3.0, 0.0, -2.0),
        ([NAN], NAN, None, None, None),
        ([INF, 1.0, 1.0, 1.0], NAN, NAN, NAN, NAN),
        ([1e-170, -1e-170, 1e-170, 1e-170], 0.0, 0.0, None, None),
        ([1e-160, -1e-160, 1e-160, 1e-160], 7.5e-321, 1e-320, None, None),
        ([1e308, -1e308, 1e308, -1e308], INF, INF, 0.0, NAN),
    ],
)
def test_moments(values: list[float], variance: Any, sample: Any, skew: Any, kurtosis: Any) -> None:
    expect(
        ask(view(events(values, pa.float64()), MOMENTS), 99),
        v__x_variance=[variance],
        v__sample=[sample],
        v__x_skew=[skew],
        v__x_kurtosis=[kurtosis],
    )


def test_moments_do_not_cancel() -> None:
    values = [1e9 + n / 8 for n in (1, 2, 3, 4)]
    expect(ask(view(events(values), MOMENTS), 9), v__x_variance=[0.01953125], v__x_kurtosis=[-1.36])
    agree(ask(view(events([2**53 + n for n in (1, 2, 3, 5)], pa.int64()), MOMENTS), 9))
    agree(
        ask(
            view(events([Decimal(f"1{'0' * 30}.{n}") for n in (1, 2, 3, 5)], pa.decimal128(38, 1)), MOMENTS),
            9,
        )
    )


@pytest.mark.parametrize("element", [pa.float32(), pa.float64()])
def test_vectors_are_summed_element_by_element(element: Any) -> None:
    values = [[1e30, 1.0], [1.0, None], [0.1, -0.0], [-1e30, INF], None, [2.0**-149, NAN]]
    rows = events(values, pa.list_(element, 2))
    features = [
        VectorSum("x"),
        VectorMean("x"),
        VectorSum("x").over("1us", "2us"),
        VectorMean("x").over("3us"),
    ]
    agree(ask(view(rows, features), *range(8)))


def test_a_vector_of_float32_is_rounded_once_to_float32() -> None:
    tiny, one = 2.0**-24, 1.0
    rows = events([[one], [tiny], [2.0**-60]], pa.list_(pa.float32(), 1))
    expect(
        ask(view(rows, [VectorSum("x"), VectorMean("x")]), 2, 3),
        v__x_vector_sum=[[1.0], [1.0 + 2.0**-23]],
        v__x_vector_mean=[[0.5], [0.3333333432674408]],
    )
    huge = events([[3e38], [3e38]], pa.list_(pa.float32(), 1))
    expect(ask(view(huge, [VectorSum("x")]), 2), v__x_vector_sum=[[INF]])
