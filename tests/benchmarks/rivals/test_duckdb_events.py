from __future__ import annotations

import pyarrow as pa

from benchmarks import data
from benchmarks.rivals import duckdb_events


def test_the_bare_sort_gives_every_event_in_order() -> None:
    events = data.events(0.001, seed=0)
    answers = duckdb_events.sort(events, ("key", "time", "amount")).run().answers
    assert isinstance(answers, pa.Table)
    assert answers.num_rows == 1000
    assert answers.select(["key", "time"]).equals(
        answers.sort_by([("key", "ascending"), ("time", "ascending")]).select(["key", "time"])
    )
