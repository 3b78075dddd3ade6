"""Answers over the multiset of a window's values: distinct ones, frequent ones, quantiles."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pyarrow as pa

from zipline.aggregations import ApproxCountDistinct, CountDistinct, Histogram, MostFrequent, Quantile
from zipline.dsl.aggregation import Aggregation
from zipline.engines.kernels.approximate import hash_slots, window_approximate
from zipline.engines.kernels.arrays import Integers, Values
from zipline.engines.kernels.distinct import window_distinct
from zipline.engines.kernels.failure import Failure
from zipline.engines.kernels.frequent import window_frequent
from zipline.engines.kernels.hashes import hash_values
from zipline.engines.kernels.present import window_present
from zipline.engines.kernels.quantiles import Bucketed, bucketed, window_quantiles
from zipline.engines.kernels.sweep import Question
from zipline.engines.kernels.values import masked


def _distinct(question: Question) -> Integers:
    """Return how many distinct values each window holds; more than the aggregation's limit is an error."""
    coded = question.inputs.coded
    counts = window_distinct(coded.codes, len(coded.values), question.sliding)
    limit = question.aggregation.limit
    if limit is not None and len(counts) and int(counts.max()) > limit:
        raise Failure(
            int(counts.argmax()),
            f"{question.aggregation.title()} has {int(counts.max())} distinct values, more than limit={limit}",
            "raise the limit, or use ApproxCountDistinct",
        )
    return counts


def count_distinct(question: Question) -> pa.Array:
    """Answer `CountDistinct`."""
    return pa.array(_distinct(question))


def histogram(question: Question) -> pa.Array:
    """Answer `Histogram`: maps sorted by value."""
    aggregation, coded = question.aggregation, question.inputs.coded
    assert isinstance(aggregation, Histogram)
    distinct = _distinct(question)
    if aggregation.k is None:
        offsets, codes, counts = window_present(coded.codes, len(coded.values), question.sliding)
    else:
        offsets, codes, counts = window_frequent(
            coded.codes, len(coded.values), aggregation.k, question.sliding, by_code=True, distinct=distinct
        )
    keys = coded.values.take(pa.array(codes))
    return pa.MapArray.from_arrays(pa.array(offsets, pa.int32()), keys, pa.array(counts))


def most_frequent(question: Question) -> pa.Array:
    """Answer `MostFrequent`."""
    aggregation, coded = question.aggregation, question.inputs.coded
    assert isinstance(aggregation, MostFrequent)
    offsets, codes, _ = window_frequent(
        coded.codes, len(coded.values), aggregation.k, question.sliding, distinct=_distinct(question)
    )
    return lists(offsets, coded.values, codes)


def approximate(question: Question) -> pa.Array:
    """Answer `ApproxCountDistinct`: each distinct value is hashed once."""
    inputs = question.inputs
    if "slots" not in inputs.shared:
        hashes = hash_values(inputs.coded.values, inputs.threads)
        inputs.shared["slots"] = hash_slots(hashes)[inputs.coded.codes]
    slots = inputs.shared["slots"]
    assert isinstance(slots, np.ndarray)
    return pa.array(window_approximate(slots, question.sliding))


def quantile(question: Question) -> pa.Array:
    """Answer `Quantile`: one answer, or a list of them."""
    aggregation, inputs = question.aggregation, question.inputs
    assert isinstance(aggregation, Quantile)
    found = inputs.shared.get(("buckets", aggregation.accuracy))
    if found is None:
        found = bucketed(inputs.floats, aggregation.accuracy, inputs.threads)
        inputs.shared["buckets", aggregation.accuracy] = found
    assert isinstance(found, Bucketed)
    answers = window_quantiles(found, aggregation.shares, question.sliding)
    valid = question.counts > 0
    if not isinstance(aggregation.q, tuple):
        return masked(answers[:, 0], valid)
    size = len(aggregation.shares)
    offsets = pa.array(np.arange(len(valid) + 1) * size, pa.int32())
    return pa.ListArray.from_arrays(offsets, pa.array(answers.reshape(-1)), mask=pa.array(~valid))


def lists(offsets: Integers, values: pa.Array, positions: Values) -> pa.Array:
    """Return lists of values at positions, laid end to end."""
    return pa.ListArray.from_arrays(pa.array(offsets, pa.int32()), values.take(pa.array(positions)))


ANSWERS: dict[type[Aggregation], Callable[[Question], pa.Array]] = {
    CountDistinct: count_distinct,
    Histogram: histogram,
    MostFrequent: most_frequent,
    Quantile: quantile,
    ApproxCountDistinct: approximate,
}
