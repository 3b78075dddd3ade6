"""`window-too-late`.

event         known
  |-------------|
  |----)  window of an observation at "known": it ended before
"""

from __future__ import annotations

import zipline as zl
from tests.lint.small import DAY, T0, days, found, repository, said, source, times, view
from zipline.lint.run import lint

RULE = "window-too-late"


def test_a_window_within_the_delay_is_an_error() -> None:
    events = source({"user": [1, 1], "ts": days(2)}, delay="6h")
    features = [zl.Count().over("1h", "6h", "7h"), zl.Count().named("all")]
    first, second = found(RULE, view(events, features))
    assert said(first) == (
        "error: view 'v', feature 'count_1h', source 'events': is always empty: it reaches back 1h, and events are "
        "known 6h after they happen"
    )
    assert second.feature == "count_6h"


def test_it_needs_no_data() -> None:
    events = zl.EventSource("events", table=zl.Parquet("absent/"), event_time="ts", delay="6h")
    rules = [each.rule for each in lint(repository(view(events, [zl.Count().over("1h")])), data=False)]
    assert rules == [RULE]


def test_rows_that_come_later_than_the_window_is_long_are_found() -> None:
    rows = {"user": [1] * 3, "ts": times(T0, T0, T0), "known": times(T0 + DAY, T0 + DAY, T0 + DAY - 1)}
    events = source(rows, knowledge_time="known")
    (finding,) = found(RULE, view(events, [zl.Count().over("1d", "25h")]))
    assert said(finding) == (
        "warning: view 'v', feature 'count_1d', source 'events': never sees 66.7 % of 3 rows: they become known 1d or "
        "more after they happen, when the window is over"
    )
    assert finding.figures == {"reach": "1d", "rows": 3, "late": 2}
