"""Small sweeps for the tests of what is asked of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa

from zipline.dsl.aggregation import Aggregation, Feature, Windowed, features_of
from zipline.engines.kernels.arrays import Booleans
from zipline.engines.kernels.sweep import Sweep
from zipline.engines.kernels.timeline import Timeline, timeline


def line(
    events: Sequence[tuple[int, int]],
    asked: Sequence[tuple[int, int]] = (),
    known: Sequence[int] | None = None,
) -> Timeline:
    """Return the timeline of (key, time) pairs of events and of observations, of three keys."""
    codes, times, keys, moments = (
        np.array([row[i] for row in rows], np.int64) for rows in (events, asked) for i in range(2)
    )
    seen = None if known is None else np.array(known, np.int64)
    return timeline(codes, times, seen, None, keys, moments, 3)


def sweep(built: Timeline, masks: dict[str, list[bool]] | None = None, **columns: Any) -> Sweep:
    """Return a sweep over columns, given in the order of the timeline's input rows."""
    conditions: dict[str, Booleans] = {text: np.array(mask) for text, mask in (masks or {}).items()}
    arrays = {
        name: values if isinstance(values, pa.Array) else pa.array(values) for name, values in columns.items()
    }
    return Sweep(built, arrays, conditions)


def feature(item: Aggregation | Windowed) -> Feature:
    """Return the one feature that an entry of a view stands for."""
    (only,) = features_of(item)
    return only
