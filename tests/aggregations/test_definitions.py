"""Names, parameters and types of every aggregation, and what each refuses."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

import zipline as zl
from tests.refusals import refusal
from zipline.dsl.aggregation import Aggregation, features_of
from zipline.errors import DefinitionError, SchemaError
from zipline.types import (
    BINARY,
    BOOL,
    DATE,
    FLOAT32,
    FLOAT64,
    INT64,
    NULL,
    STRING,
    TIMESTAMP,
    DataType,
    decimal,
    list_of,
    map_of,
    struct_of,
)

MONEY = decimal(10, 2)
NESTED = list_of(struct_of(("a", INT64)))
VECTOR = DataType("vector", element=FLOAT32, size=3)
NUMERIC = [INT64, FLOAT64, MONEY, BOOL]
ORDERABLE = [*NUMERIC, STRING, BINARY, DATE, TIMESTAMP]
EVERY = [*ORDERABLE, NESTED, struct_of(("a", INT64)), VECTOR, NULL]


@pytest.mark.parametrize(
    ("aggregation", "stem"),
    [
        (zl.Count(), "count"),
        (zl.Count("x"), "x_count"),
        (zl.Sum("Amount"), "amount_sum"),
        (zl.Mean("x"), "x_mean"),
        (zl.Variance("x", sample=True), "x_variance"),
        (zl.Stddev("x"), "x_stddev"),
        (zl.Skew("x"), "x_skew"),
        (zl.Kurtosis("x"), "x_kurtosis"),
        (zl.Min("x"), "x_min"),
        (zl.Max("x"), "x_max"),
        (zl.First("x", nulls=True), "x_first"),
        (zl.Last(["a", "b"]), "a_b_last"),
        (zl.FirstK("x", 5, distinct=True), "x_first5"),
        (zl.LastK(["dest", "event_time"], 5), "dest_event_time_last5"),
        (zl.TopK("price", 3), "price_top3"),
        (zl.BottomK("price", 3), "price_bottom3"),
        (zl.CountDistinct("x", limit=9), "x_count_distinct"),
        (zl.ApproxCountDistinct("x"), "x_approx_count_distinct"),
        (zl.Quantile("x"), "x_q50"),
        (zl.Quantile("x", 0.9, accuracy=0.001), "x_q90"),
        (zl.Quantile("x", 0.999), "x_q99_9"),
        (zl.Quantile("x", 0.001), "x_q0_1"),
        (zl.Quantile("x", 0), "x_q0"),
        (zl.Quantile("x", 1), "x_q100"),
        (zl.Quantile("x", 0.07), "x_q7"),
        (zl.Quantile("x", [0.5, 0.9]), "x_q50_q90"),
        (zl.Histogram("x"), "x_histogram"),
        (zl.Histogram("x", k=5), "x_histogram5"),
        (zl.MostFrequent("x", 3), "x_most_frequent3"),
        (zl.MostFrequent("x"), "x_most_frequent1"),
        (zl.DecayedSum("x", half_life="6h"), "x_decayed_sum6h"),
        (zl.DecayedCount(half_life=timedelta(hours=6)), "decayed_count6h"),
        (zl.TimeSinceFirst(), "time_since_first"),
        (zl.TimeSinceLast(), "time_since_last"),
        (zl.VectorSum("x"), "x_vector_sum"),
        (zl.VectorMean("x"), "x_vector_mean"),
    ],
)
def test_default_names(aggregation: Aggregation, stem: str) -> None:
    assert aggregation.default_stem() == stem


@pytest.mark.parametrize(
    ("aggregation", "taken", "output"),
    [
        (zl.Sum("x"), NUMERIC, [INT64, FLOAT64, decimal(38, 2), INT64]),
        *((each, NUMERIC, [FLOAT64] * 4) for each in (zl.Mean("x"), zl.Variance("x"), zl.Stddev("x"))),
        *((each, NUMERIC, [FLOAT64] * 4) for each in (zl.Skew("x"), zl.Kurtosis("x"), zl.Quantile("x"))),
        (zl.Quantile("x", [0.5]), NUMERIC, [list_of(FLOAT64)] * 4),
        (zl.DecayedSum("x", half_life="1h"), NUMERIC, [FLOAT64] * 4),
        *((each, ORDERABLE, ORDERABLE) for each in (zl.Min("x"), zl.Max("x"))),
        *((each, ORDERABLE, [*map(list_of, ORDERABLE)]) for each in (zl.TopK("x", 2), zl.BottomK("x", 2))),
        *((each, EVERY, EVERY) for each in (zl.First("x"), zl.Last("x"))),
        *((each, EVERY, [*map(list_of, EVERY)]) for each in (zl.FirstK("x", 2), zl.LastK("x", 2))),
        *((each, EVERY, [INT64] * len(EVERY)) for each in (zl.Count("x"), zl.CountDistinct("x"))),
        (zl.Histogram("x"), [INT64, BOOL, STRING], [map_of(each, INT64) for each in (INT64, BOOL, STRING)]),
        (zl.MostFrequent("x"), [INT64, BOOL, STRING], [list_of(each) for each in (INT64, BOOL, STRING)]),
        *((each, [VECTOR], [VECTOR]) for each in (zl.VectorSum("x"), zl.VectorMean("x"))),
    ],
)
def test_types(aggregation: Aggregation, taken: list[DataType], output: list[DataType]) -> None:
    assert [aggregation.output_type([each]) for each in taken] == output
    for each in EVERY:
        if each not in taken:
            message = refusal(lambda each=each: aggregation.output_type([each]), SchemaError)  # type: ignore[misc]
            assert f"{aggregation.title()} cannot take {each}: 'x' must be " in message
            assert "Hint: " in message


@pytest.mark.parametrize(
    ("aggregation", "output"),
    [
        (zl.Count(), INT64),
        (zl.DecayedCount(half_life="1h"), FLOAT64),
        (zl.TimeSinceFirst(), FLOAT64),
        (zl.TimeSinceLast(), FLOAT64),
    ],
)
def test_types_without_a_column(aggregation: Aggregation, output: DataType) -> None:
    assert aggregation.output_type([]) == output


def test_several_columns_make_structs() -> None:
    both = struct_of(("a", INT64), ("event_time", TIMESTAMP))
    columns = ["a", "event_time"]
    assert zl.First(columns).output_type([INT64, TIMESTAMP]) == both
    assert zl.LastK(columns, 3).output_type([INT64, TIMESTAMP]) == list_of(both)


def test_one_accuracy_has_one_form() -> None:
    forms = {zl.Quantile("x", accuracy=form).accuracy for form in (0.01, "0.01", "0.010", "1e-2", 1e-2)}
    assert forms == {"0.01"}
    assert zl.Quantile("x", accuracy=1e-07).accuracy == "0.0000001"


def test_half_lives_keep_their_text_and_their_length() -> None:
    faded = zl.DecayedCount(half_life=timedelta(minutes=90))
    assert (faded.half_life, faded.half_life_us) == ("90m", 90 * 60_000_000)


@pytest.mark.parametrize("k", [0, -1, 1.5, "3", True, None])
def test_k_is_a_whole_number_of_at_least_1(k: object) -> None:
    for kind in (zl.FirstK, zl.LastK, zl.TopK, zl.BottomK, zl.MostFrequent):
        message = refusal(lambda kind=kind: kind("x", k), DefinitionError)  # type: ignore[misc]
        assert f"{kind.__name__}: k={k!r} is not a whole number of at least 1\nHint: write k=3" in message


@pytest.mark.parametrize("limit", [0, 2.0, False])
def test_a_limit_is_a_whole_number_of_at_least_1(limit: object) -> None:
    for kind in (zl.CountDistinct, zl.Histogram, zl.MostFrequent, zl.Sum):
        message = refusal(lambda kind=kind: kind("x", by="g", limit=limit), DefinitionError)  # type: ignore[misc]
        assert f"{kind.__name__}: limit={limit!r} is not a whole number of at least 1" in message


def test_a_limit_bounds_groups_or_kept_values() -> None:
    message = refusal(lambda: zl.Sum("x", limit=5), DefinitionError)
    assert message == "Sum: has limit=5 and no by=\nHint: a limit bounds the groups of by='...'; drop it"
    assert zl.Sum("x", by="g", limit=5).limit == zl.CountDistinct("x", limit=5).limit == 5


@pytest.mark.parametrize(
    ("aggregation", "column"),
    [
        (zl.CountDistinct("x"), "x"),
        (zl.Histogram("x", 3), "x"),
        (zl.MostFrequent("x"), "x"),
        (zl.Count(by="g"), "g"),
        (zl.CountDistinct("x", by="g"), "g"),
        (zl.CountDistinct("x", by="g", limit=2), None),
        (zl.Count(by="g", limit=2), None),
        (zl.Quantile("x"), None),
        (zl.LastK("x", 3, distinct=True), None),
    ],
)
def test_a_lifetime_grows_with_each_value_that_it_keeps(aggregation: zl.Sum, column: str | None) -> None:
    (lifetime,) = features_of(aggregation)
    (week,) = features_of(aggregation.over("7d"))
    assert (lifetime.grows_with, week.grows_with) == (column, None)


@pytest.mark.parametrize(
    ("build", "message"),
    [
        (lambda: zl.Histogram("x", k=0), "Histogram: k=0 is not a whole number"),
        (lambda: zl.Quantile("x", 90), "Quantile: q=90 is not between 0 and 1\nHint: the median is 0.5"),
        (lambda: zl.Quantile("x", [0.5, float("nan")]), "Quantile: q=nan is not between 0 and 1"),
        (lambda: zl.Quantile("x", True), "Quantile: q=True is not between 0 and 1"),
        (lambda: zl.Quantile("x", "0.5"), "Quantile: q='0.5' is not between 0 and 1"),  # type: ignore[arg-type]
        (lambda: zl.Quantile("x", []), "Quantile: q=[] is empty or names a quantile twice"),
        (lambda: zl.Quantile("x", [0.5, 0.5]), "Quantile: q=[0.5, 0.5] is empty or names a quantile twice"),
        (
            lambda: zl.Quantile("x", accuracy=0),
            "Quantile: accuracy=0 is not between 0 and 1\nHint: it is 0.01",
        ),
        (lambda: zl.Quantile("x", accuracy="1"), "Quantile: accuracy='1' is not between 0 and 1"),
        (lambda: zl.Quantile("x", accuracy="1%"), "Quantile: accuracy='1%' is not between 0 and 1"),
        (lambda: zl.Quantile("x", accuracy="NaN"), "Quantile: accuracy='NaN' is not between 0 and 1"),
        (lambda: zl.DecayedSum("x", half_life="1y"), "DecayedSum: half_life '1y' is not a duration"),
        (lambda: zl.DecayedCount(half_life="0h"), "DecayedCount: half_life '0h' is not a duration"),
        (lambda: zl.DecayedCount(half_life=6), "half_life 6 is not a duration\nHint: "),  # type: ignore[arg-type]
        (lambda: zl.First("x", nulls=3), "First: nulls=3 does not fit"),  # type: ignore[arg-type]
    ],
)
def test_refusals(build: Callable[[], object], message: str) -> None:
    assert message in refusal(build, DefinitionError)
