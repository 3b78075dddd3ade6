"""Answers that pick events: minimum and maximum, first and last, the k first of an order."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pyarrow as pa

from zipline.aggregations import (
    BottomK,
    First,
    FirstK,
    Last,
    LastK,
    Max,
    Min,
    TimeSinceFirst,
    TimeSinceLast,
    TopK,
)
from zipline.dsl.aggregation import Aggregation
from zipline.engines.kernels.answers.multisets import lists
from zipline.engines.kernels.arrays import Integers
from zipline.engines.kernels.extremes import Extremes
from zipline.engines.kernels.newest import rank_by_code, window_newest
from zipline.engines.kernels.order_keys import key_to_float
from zipline.engines.kernels.ranked import Ranks, contiguous_edges, rank_events, window_extreme, window_ranked
from zipline.engines.kernels.stream import take
from zipline.engines.kernels.sweep import Inputs, Question
from zipline.engines.kernels.values import canonical, masked


def extreme(question: Question) -> pa.Array:
    """Answer `Min` and `Max`: by a range query, or from the set of ranks that are visible."""
    inputs, plan = question.inputs, question.schedule
    greatest = isinstance(question.aggregation, Max)
    if plan.orders is not None:
        return canonical(
            take(inputs.values, window_extreme(_ranks(inputs), question.sliding, lowest=not greatest))
        )
    table = _extremes(inputs, greatest=greatest)
    kind = inputs.values.type
    if pa.types.is_floating(kind) or pa.types.is_integer(kind):
        keys = table.values(plan.lo, plan.hi)
        return masked(
            key_to_float(keys, inputs.threads) if pa.types.is_floating(kind) else keys, question.counts > 0
        )
    return take(inputs.values, table.positions(plan.lo, plan.hi))


def _extremes(inputs: Inputs, *, greatest: bool) -> Extremes:
    """Return the range queries of a column, shared by all windows."""
    name = "greatest" if greatest else "least"
    if name not in inputs.shared:
        inputs.shared[name] = Extremes(inputs.order_keys, greatest=greatest, threads=inputs.threads)
    table = inputs.shared[name]
    assert isinstance(table, Extremes)
    return table


def _ranks(inputs: Inputs) -> Ranks:
    """Return the inputs' ranks by value inside each key, shared by all windows."""
    if "ranks" not in inputs.shared:
        line = inputs.sweep.timeline
        codes = inputs.stream.of_events(line.codes)
        inputs.shared["ranks"] = rank_events(codes, inputs.order_keys, line.keys, inputs.threads)
    ranks = inputs.shared["ranks"]
    assert isinstance(ranks, Ranks)
    return ranks


def extremes(question: Question) -> pa.Array:
    """Answer `TopK` and `BottomK`."""
    aggregation = question.aggregation
    assert isinstance(aggregation, (TopK, BottomK))
    lowest = isinstance(aggregation, BottomK)
    offsets, events = window_ranked(_ranks(question.inputs), aggregation.k, question.sliding, lowest=lowest)
    return canonical(lists(offsets, question.inputs.values, events))


def edge(question: Question) -> pa.Array:
    """Answer `First` and `Last`."""
    ordered = question.ordered
    return canonical(ordered.inputs.pick(_edges(ordered, last=isinstance(question.aggregation, Last))))


def _edges(question: Question, *, last: bool) -> Integers:
    """Return the position of every window's first or last input, -1 where it has none."""
    plan = question.schedule
    if plan.orders is not None:
        return window_extreme(None, question.sliding, lowest=not last)
    return np.where(plan.hi > plan.lo, plan.hi - 1 if last else plan.lo, -1)


def edges(question: Question) -> pa.Array:
    """Answer `FirstK` and `LastK`."""
    aggregation, ordered = question.aggregation, question.ordered
    assert isinstance(aggregation, (FirstK, LastK))
    first, plan, inputs = isinstance(aggregation, FirstK), ordered.schedule, ordered.inputs
    if aggregation.distinct:
        codes = inputs.coded
        ranks = rank_by_code(codes.codes, inputs.stream.starts, inputs.threads)
        found = window_newest(
            codes.codes, len(codes.values), ranks, aggregation.k, ordered.sliding, oldest=first
        )
    elif plan.orders is None:
        found = contiguous_edges(plan.lo, plan.hi, aggregation.k, first=first)
    else:
        found = window_ranked(None, aggregation.k, ordered.sliding, lowest=first)
    return canonical(lists(found[0], inputs.values, found[1]))


def time_since(question: Question) -> pa.Array:
    """Answer `TimeSinceFirst` and `TimeSinceLast`."""
    positions = _edges(question, last=isinstance(question.aggregation, TimeSinceLast))
    found = positions >= 0
    times = question.inputs.times
    then = times[positions.clip(0)] if len(times) else question.times
    return masked((question.times - then).astype(np.float64) / 1e6, found)


ANSWERS: dict[type[Aggregation], Callable[[Question], pa.Array]] = {
    Min: extreme,
    Max: extreme,
    TopK: extremes,
    BottomK: extremes,
    First: edge,
    Last: edge,
    FirstK: edges,
    LastK: edges,
    TimeSinceFirst: time_since,
    TimeSinceLast: time_since,
}
