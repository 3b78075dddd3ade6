"""`window-longer-than-data`."""

from __future__ import annotations

import zipline as zl
from tests.lint.small import DAY, T0, days, found, said, source, times, view

RULE = "window-longer-than-data"


def test_windows_that_reach_beyond_the_first_event_are_found() -> None:
    events = source({"user": [1] * 11, "ts": days(11), "x": range(11)})
    features = [zl.Count().over("10d", "30d"), zl.Sum("x").over("30d"), zl.Count().named("all")]
    (finding,) = found(RULE, view(events, features))
    assert said(finding) == (
        "warning: view 'v': a window of 30d is longer than the data, 10d from 2023-11-14T22:13:20Z to "
        "2023-11-24T22:13:20Z: count_30d, x_sum_30d"
    )
    assert finding.figures["span"] == "10d"


def test_the_data_of_a_union_are_those_of_all_its_members() -> None:
    early = source({"user": [1], "ts": times(T0)}, name="early")
    late = source({"user": [1], "ts": times(T0 + 30 * DAY)}, name="late")
    assert found(RULE, view(zl.Union("both", [early, late]), [zl.Count().over("30d")])) == []
    assert len(found(RULE, view(early, [zl.Count().over("30d")]))) == 1
