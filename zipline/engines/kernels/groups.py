"""`by=`: an aggregation for each group inside a window, by asking it of finer keys.

Events are re-keyed by (key, group), and every observation is asked once for each group that its window holds.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pyarrow as pa

from zipline.dsl.aggregation import Feature
from zipline.engines.kernels.arrays import Integers
from zipline.engines.kernels.stream import take
from zipline.engines.kernels.sweep import Question, Sweep
from zipline.engines.kernels.timeline import Timeline, timeline
from zipline.engines.kernels.values import Coded, coded
from zipline.types import DataType


def grouped(
    asked: Question, feature: Feature, kind: DataType, answer: Callable[[Sweep, Feature, DataType], pa.Array]
) -> pa.Array:
    """Answer a feature with `by=`: a map from each group with input to its result, sorted by group.

    Args:
        asked: the feature's inputs and schedule.
        feature: the feature.
        kind: the type of its result, a map.
        answer: answers the same feature without `by`.
    """
    raise NotImplementedError
