from __future__ import annotations

import duckdb

from benchmarks import audit, data
from benchmarks.answers import check_same
from benchmarks.rivals import duckdb_events

WINDOW_FEATURES = [
    f"{name}_{window}"
    for name in ("amount_sum", "count", "amount_min", "amount_max")
    for window in ("1h", "1d", "7d", "30d")
]


def test_the_audit_and_range_windows_agree_on_the_audited_rows() -> None:
    events = data.events(0.005, seed=0)
    ranges = duckdb_events.range_windows(events).run().answers
    ranges = duckdb.from_arrow(ranges).filter(audit.rows_audited(events)).to_arrow_table()
    audited = audit.window_features(events)
    assert 200 <= audited.num_rows <= 400
    check_same(ranges, audited, columns=WINDOW_FEATURES, rival="the audit")
