"""From a sweep to feature columns: the answer of each feature, its default, and its place in the input's order."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import closing

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from zipline.aggregations import DecayedCount, DecayedSum
from zipline.dsl.aggregation import Feature
from zipline.dsl.default import check_default
from zipline.engines.kernels.answers import ANSWERS
from zipline.engines.kernels.answers.totals import is_decayed_away
from zipline.engines.kernels.arrays import Booleans, Integers, empty
from zipline.engines.kernels.failure import Failure
from zipline.engines.kernels.groups import grouped
from zipline.engines.kernels.jit import run_ranges
from zipline.engines.kernels.sweep import Sweep, question
from zipline.engines.kernels.timeline import Timeline
from zipline.progress import Progress
from zipline.types import DataType, to_arrow


def answer(sweep: Sweep, feature: Feature, kind: DataType) -> pa.Array:
    """Return a feature's value for each observation, in the timeline's order.

    Args:
        sweep: events and observations.
        feature: what to compute.
        kind: the type of its result.
    """
    aggregation = feature.aggregation
    asked = question(sweep, feature)
    if aggregation.by is not None:
        result = grouped(asked, feature, kind, answer)
    else:
        result = ANSWERS[type(aggregation)](asked)
    result = _typed(result, to_arrow(kind))
    if aggregation.default is not None:
        decayed = isinstance(aggregation, (DecayedSum, DecayedCount))
        empty = is_decayed_away(asked) if decayed else asked.counts == 0
        result = with_default(result, empty, check_default(aggregation, kind))
    return result


def _typed(values: pa.Array, kind: pa.DataType) -> pa.Array:
    """Return values in their type; a column of nulls has been read with one of its own."""
    if values.type == kind:
        return values
    try:
        return values.cast(kind)
    except pa.ArrowNotImplementedError:
        return pa.array(values.to_pylist(), kind)


def with_default(values: pa.Array, empty: Booleans, default: object) -> pa.Array:
    """Return the values with the default where an observation has no input."""
    if not empty.any():
        return values
    both = pa.concat_arrays([values, pa.array([default], values.type)])
    rows = np.where(empty, len(values), np.arange(len(values)))
    return both.take(pa.array(rows))


def answers(
    timeline: Timeline,
    columns: Mapping[str, pa.Array],
    masks: Mapping[str, Booleans],
    features: Sequence[tuple[Feature, DataType]],
    progress: Progress,
) -> list[pa.Array]:
    """Return one column per feature, in the order of the timeline's observations.

    Args:
        timeline: events and observations.
        columns: the events' columns, in the order in which the events were given.
        masks: the text of each `where` -> which events it is true for, in the same order.
        features: each with the type of its result.
        progress: is told of each feature that is done.

    Raises:
        Failure: an observation has no value.
    """
    results: list[pa.Array] = []
    with closing(Sweep(timeline, columns, masks)) as sweep:
        for feature, kind in features:
            try:
                results.append(answer(sweep, feature, kind))
            except Failure as failure:
                row = int(timeline.observations[failure.observation])
                raise failure.of(row, feature) from None
            progress.step(feature.name)
    return results


def put_in_order(
    parts: Sequence[list[pa.Array | None]], order: Integers, threads: int | None = None
) -> list[pa.Array]:
    """Return columns in the order in which observations were given, from the answers to parts of them.

    Args:
        parts: the answers of each timeline; they are let go as soon as a column is done.
        order: for every answer, the timelines one after the other, the number of its observation.
        threads: how many columns to put in order at a time.
    """
    back = empty(len(order), np.int64)
    back[order] = np.arange(len(order))
    rows = pa.array(back)
    columns: list[pa.Array] = [None] * len(parts[0])

    def put(first: int, last: int) -> None:
        for i in range(first, last):
            column = pa.concat_arrays([part[i] for part in parts]) if len(parts) > 1 else parts[0][i]
            for part in parts:
                part[i] = None
            columns[i] = pc.take(column, rows)

    run_ranges(put, len(columns), threads, grain=1)
    return columns
