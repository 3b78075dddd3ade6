from __future__ import annotations

import pytest

from benchmarks import data
from benchmarks.answers import check_same
from benchmarks.rivals import duckdb_events, polars_events


def test_both_forms_agree_with_duckdb() -> None:
    events = data.events(0.001, seed=0)
    ranges = duckdb_events.range_windows(events).run().answers
    for contender in (polars_events.running_sums(events), polars_events.packed_sums(events)):
        answers = contender.run().answers
        compared = check_same(ranges, answers, columns=polars_events.FEATURES, rival=contender.name)
        assert compared == 8 * events.observations


def test_packing_needs_few_keys() -> None:
    with pytest.raises(ValueError, match="5,000,000 keys and 90 days of microseconds do not fit in 63 bits"):
        polars_events.packed_sums(data.events(0.001, seed=0, keys=5_000_000))
