"""`by=`: an aggregation for each group inside a window, by asking it of finer keys.

Events are re-keyed by (key, group), and every observation is asked once for each group that its window holds.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from zipline.aggregations import DecayedCount, DecayedSum
from zipline.dsl.aggregation import Feature
from zipline.engines.kernels.answers.totals import is_decayed_away
from zipline.engines.kernels.arrays import Integers, Values
from zipline.engines.kernels.failure import Failure
from zipline.engines.kernels.present import window_present
from zipline.engines.kernels.schedule import running
from zipline.engines.kernels.stream import take
from zipline.engines.kernels.sweep import Question, Sweep, question
from zipline.engines.kernels.timeline import timeline
from zipline.engines.kernels.values import coded
from zipline.types import DataType, to_arrow

Answer = Callable[[Sweep, Feature, DataType], pa.Array]


def grouped(asked: Question, feature: Feature, kind: DataType, answer: Answer) -> pa.Array:
    """Answer a feature with `by=`: a map from each group with input to its result, sorted by group.

    Args:
        asked: the feature's inputs and schedule.
        feature: the feature.
        kind: the type of its result, a map.
        answer: answers the same feature without `by`.
    """
    aggregation = feature.aggregation
    assert aggregation.by is not None
    assert kind.key is not None
    assert kind.element is not None
    groups = coded(take(asked.inputs.sweep.columns[aggregation.by], asked.inputs.stream.rows))
    offsets, present, _ = window_present(groups.codes, len(groups.values), asked.sliding)
    observations = np.repeat(np.arange(len(offsets) - 1), np.diff(offsets))
    plain = aggregation.model_copy(update={"by": None, "where": None, "default": None})
    finer_feature = feature.model_copy(update={"aggregation": plain})
    with closing(_finer(asked, groups.codes, len(groups.values), present, observations)) as finer:
        try:
            items = answer(finer, finer_feature, kind.element)
        except Failure as failure:
            pair = finer.timeline.observations[failure.observation]
            raise failure.of(int(observations[pair]), feature) from None
        back = np.empty(len(present), np.int64)
        back[finer.timeline.observations] = np.arange(len(back))
        if isinstance(aggregation, (DecayedSum, DecayedCount)):
            near = ~is_decayed_away(question(finer, finer_feature))[back]
            offsets, present, back = running(near)[offsets], present[near], back[near]
    _check_limit(feature, offsets)
    keys = groups.values.cast(to_arrow(kind.key)).take(pa.array(present))
    return pa.MapArray.from_arrays(pa.array(offsets, pa.int32()), keys, items.take(pa.array(back)))


def _check_limit(feature: Feature, offsets: Integers) -> None:
    """Refuse an observation whose window has more groups than the aggregation's limit."""
    aggregation, counts = feature.aggregation, np.diff(offsets)
    if aggregation.limit is None or not len(counts) or int(counts.max()) <= aggregation.limit:
        return
    raise Failure(
        int(counts.argmax()),
        f"{aggregation.title()} by {aggregation.by!r} has {int(counts.max())} groups, more than "
        f"limit={aggregation.limit}",
        "raise the limit, or take a shorter window",
    )


def _finer(asked: Question, codes: Integers, groups: int, present: Values, observations: Integers) -> Sweep:
    """Return the sweep of (key, group) pairs: the inputs as events, and each pair that is present as an observation."""
    inputs = asked.inputs
    line, stream = inputs.sweep.timeline, inputs.stream
    pairs = pc.dictionary_encode(pa.array(stream.of_events(line.codes) * groups + codes))
    keys = np.repeat(np.arange(line.keys), np.diff(line.starts))
    asked_pairs = pa.array(keys[observations] * groups + present.astype(np.int64))
    finer = timeline(
        pairs.indices.to_numpy().astype(np.int64),
        inputs.times,
        None if line.known is None else stream.of_events(line.known),
        None if line.until is None else stream.of_events(line.until),
        pc.index_in(asked_pairs, value_set=pairs.dictionary).to_numpy().astype(np.int64),
        line.times[observations],
        max(len(pairs.dictionary), 1),
        line.threads,
        hindsight=line.hindsight,
    )
    columns = {
        name: take(inputs.sweep.columns[name], stream.rows)
        for name in asked.aggregation.columns
        if name in inputs.sweep.columns
    }
    return Sweep(finer, columns, {})
