"""Answers that pick events: minimum and maximum, first and last, the k first of an order."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from zipline.aggregations import First, Last, Max, Min, TimeSinceFirst, TimeSinceLast
from zipline.engines.kernels.arrays import Integers
from zipline.engines.kernels.extremes import Extremes
from zipline.engines.kernels.order_keys import key_to_float
from zipline.engines.kernels.stream import take
from zipline.engines.kernels.sweep import Inputs, Question
from zipline.engines.kernels.values import masked


def extreme(question: Question) -> pa.Array:
    """Answer `Min` and `Max`: over contiguous windows by a range query."""
    inputs, plan = question.inputs, question.schedule
    greatest = isinstance(question.aggregation, Max)
    if plan.orders is not None:
        return take(inputs.values, _ranked(question, inputs, inputs.value_ranks, greatest=greatest))
    table = _extremes(inputs, greatest=greatest)
    kind = inputs.values.type
    if pa.types.is_floating(kind) or pa.types.is_integer(kind):
        keys = table.values(plan.lo, plan.hi)
        return masked(key_to_float(keys) if pa.types.is_floating(kind) else keys, question.counts > 0)
    return take(inputs.values, table.positions(plan.lo, plan.hi))


def _extremes(inputs: Inputs, *, greatest: bool) -> Extremes:
    shared = inputs.shared.setdefault(
        ("extremes", greatest), Extremes(inputs.order_keys, greatest=greatest, threads=inputs.threads)
    )
    assert isinstance(shared, Extremes)
    return shared


def edge(question: Question) -> pa.Array:
    """Answer `First` and `Last`."""
    inputs = question.inputs.ordered
    return take(inputs.values, _edges(question, inputs, last=isinstance(question.aggregation, Last)))


def _edges(question: Question, inputs: Inputs, *, last: bool) -> Integers:
    """Return the position of every window's first or last input, -1 where it has none."""
    plan = inputs.schedule(question.window)
    if plan.orders is None:
        return np.where(plan.hi > plan.lo, plan.hi - 1 if last else plan.lo, -1)
    raise NotImplementedError


def time_since(question: Question) -> pa.Array:
    """Answer `TimeSinceFirst` and `TimeSinceLast`."""
    last = isinstance(question.aggregation, TimeSinceLast)
    positions = _edges(question, question.inputs, last=last)
    found = positions >= 0
    then = question.inputs.times[positions.clip(0)] if len(question.inputs.times) else question.times
    return masked((question.times - then).astype(np.float64) / 1e6, found)


ANSWERS = {
    Min: extreme,
    Max: extreme,
    First: edge,
    Last: edge,
    TimeSinceFirst: time_since,
    TimeSinceLast: time_since,
}
