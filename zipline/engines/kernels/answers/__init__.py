"""Which kernel answers which aggregation."""

from __future__ import annotations

from collections.abc import Callable

import pyarrow as pa

from zipline.dsl.aggregation import Aggregation
from zipline.engines.kernels.answers import multisets, picks, totals
from zipline.engines.kernels.sweep import Question

Answers = dict[type[Aggregation], Callable[[Question], pa.Array]]

ANSWERS: Answers = {
    **totals.ANSWERS,
    **picks.ANSWERS,
    **multisets.ANSWERS,
}

__all__ = ["ANSWERS"]
