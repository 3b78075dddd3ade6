"""Point-in-time lookups of 3 and 8 attributes in 365 daily copies of a dimension, for 100 k observations."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow.compute as pc

from benchmarks.answers import check_same
from benchmarks.dimension import ATTRIBUTES, copies
from benchmarks.harness import race
from benchmarks.machine import machine
from benchmarks.measure import Measure, Report
from benchmarks.rivals import duckdb_copies
from benchmarks.zipline_events import copies_as_events_view, feature_names, snapshot_view, training_set

if TYPE_CHECKING:
    from collections.abc import Iterator

DEFAULT_SCALE = 1.0
FEW = ("age", "balance", "country")


def run(scale: float, seed: int) -> Iterator[Measure]:
    """Race DuckDB's join with the newest known copy, and zipline's plain `Last` over the copies read as events.

    `Last` over events does not notice that an id is gone: it is compared where the newest copy has the id.
    """
    data = copies(scale, seed)
    for columns in (FEW, ATTRIBUTES):
        zipline, joined, plain = race(
            [
                training_set("zipline", data, snapshot_view(data, columns)),
                duckdb_copies.lookup(data, columns),
                training_set("zipline, copies as events", data, copies_as_events_view(data, columns)),
            ]
        )
        ours, events = feature_names(zipline.answers), feature_names(plain.answers)
        there = ours[columns[0]].is_valid()  # no attribute is ever null
        compared = {
            joined.name: check_same(ours, joined.answers, columns=columns, rival=joined.name),
            plain.name: check_same(
                ours.filter(there), events.filter(there), columns=columns, rival=plain.name
            ),
        }
        detail = {
            "machine": machine(),
            "values_compared": compared,
            "absent": pc.sum(pc.invert(there)).as_py(),
        }
        report = Report("offline_dimension", scale, detail)
        label = f"{len(columns)} attributes beside"
        yield report.against(f"{label} a join with the newest copy", zipline, joined, at_most=3.0)
        yield report.against(f"{label} Last over the copies as events", zipline, plain, at_most=1.0)
