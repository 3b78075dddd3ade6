"""Answers that are differences of running totals: counts, sums, means, moments, decays, vectors."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pyarrow as pa

from zipline.aggregations import (
    Count,
    DecayedCount,
    DecayedSum,
    Kurtosis,
    Mean,
    Skew,
    Stddev,
    Sum,
    Variance,
    VectorMean,
    VectorSum,
)
from zipline.dsl.aggregation import Aggregation
from zipline.engines.kernels import moments
from zipline.engines.kernels.additive import Additive
from zipline.engines.kernels.arrays import Booleans, Floats, Values
from zipline.engines.kernels.decay import window_decayed
from zipline.engines.kernels.failure import Failure
from zipline.engines.kernels.sums import window_decimal_sum, window_integer_sum, window_mean, window_sum
from zipline.engines.kernels.sweep import Question
from zipline.engines.kernels.values import masked
from zipline.engines.kernels.vectors import window_vectors


def count(question: Question) -> pa.Array:
    """Answer `Count`."""
    return pa.array(question.counts)


def total(question: Question) -> pa.Array:
    """Answer `Sum`; a total that does not fit its type is an error."""
    column = question.inputs.additive(question.schedule)
    lo, hi = question.schedule.lo, question.schedule.hi
    kind = question.inputs.values.type
    if pa.types.is_floating(kind):
        return masked(*window_sum(column, lo, hi))
    if pa.types.is_decimal(kind):
        words, valid, failed = window_decimal_sum(column, lo, hi)
        _check_overflow(failed, "a decimal of 38 digits")
        return _decimals(words, valid, pa.decimal128(38, kind.scale))
    values, valid, failed = window_integer_sum(column, lo, hi)
    _check_overflow(failed, "an int64")
    return masked(values, valid)


def _check_overflow(failed: int, allowed: str) -> None:
    if failed >= 0:
        raise Failure(
            failed,
            f"the total of the window is more than {allowed} can hold",
            "cast the column to double in select=, or take a shorter window",
        )


def _decimals(words: Values, valid: Booleans, kind: pa.DataType) -> pa.Array:
    bitmap = pa.array(valid).buffers()[1]
    return pa.Array.from_buffers(kind, len(valid), [bitmap, pa.py_buffer(np.ascontiguousarray(words))])


def mean(question: Question) -> pa.Array:
    """Answer `Mean`."""
    column = question.inputs.additive(question.schedule)
    return masked(*window_mean(column, question.schedule.lo, question.schedule.hi))


def _moment(question: Question, power: int) -> Floats:
    """Return a moment of every window, shared by the features over one window."""
    shared = question.inputs.shared
    identity = ("moment", power, question.window.meaning)
    if identity not in shared:
        column = question.inputs.additive(question.schedule)
        shared[identity] = moments.moment(column, power, question.schedule.lo, question.schedule.hi)
    result = shared[identity]
    assert isinstance(result, np.ndarray)
    return result


def spread(question: Question) -> pa.Array:
    """Answer `Variance` and `Stddev`."""
    aggregation = question.aggregation
    assert isinstance(aggregation, (Variance, Stddev))
    finish = moments.stddev if isinstance(aggregation, Stddev) else moments.variance
    return masked(*finish(_moment(question, 2), question.counts, aggregation.sample))


def skew(question: Question) -> pa.Array:
    """Answer `Skew`."""
    return masked(*moments.skew(_moment(question, 2), _moment(question, 3), question.counts))


def kurtosis(question: Question) -> pa.Array:
    """Answer `Kurtosis`."""
    return masked(*moments.kurtosis(_moment(question, 2), _moment(question, 4), question.counts))


def decayed(question: Question) -> pa.Array:
    """Answer `DecayedSum` and `DecayedCount`."""
    aggregation = question.aggregation
    assert isinstance(aggregation, (DecayedSum, DecayedCount))
    plan = question.schedule
    column = question.inputs.additive(plan) if isinstance(aggregation, DecayedSum) else None
    return pa.array(_decayed(question, column))


def is_decayed_away(question: Question) -> Booleans:
    """Return which observations have no input within reach: those whose decayed count is 0."""
    return np.equal(_decayed(question, None), 0.0)


def _decayed(question: Question, column: Additive | None) -> Floats:
    aggregation, plan = question.aggregation, question.schedule
    assert isinstance(aggregation, (DecayedSum, DecayedCount))
    return window_decayed(
        column,
        question.inputs.times,
        aggregation.half_life_us,
        question.times,
        plan.lo,
        plan.hi,
        first=question.firsts,
        orders=plan.orders,
        threads=question.inputs.threads,
    )


def vector(question: Question) -> pa.Array:
    """Answer `VectorSum` and `VectorMean`."""
    values = question.inputs.values
    size = values.type.list_size
    flat = values.flatten().to_numpy(zero_copy_only=False).reshape(-1, size)
    mean_of = isinstance(question.aggregation, VectorMean)
    plan = question.schedule
    sums, valid = window_vectors(
        flat, plan.lo, plan.hi, mean=mean_of, orders=plan.orders, threads=question.inputs.threads
    )
    items = pa.array(sums.reshape(-1), values.type.value_type)
    return pa.FixedSizeListArray.from_arrays(items, size, mask=pa.array(~valid))


ANSWERS: dict[type[Aggregation], Callable[[Question], pa.Array]] = {
    Count: count,
    Sum: total,
    Mean: mean,
    Variance: spread,
    Stddev: spread,
    Skew: skew,
    Kurtosis: kurtosis,
    DecayedSum: decayed,
    DecayedCount: decayed,
    VectorSum: vector,
    VectorMean: vector,
}
