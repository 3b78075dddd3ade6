"""`growing-lifetime`."""

from __future__ import annotations

import zipline as zl
from tests.lint.small import days, found, repository, said, source, view
from zipline.lint.run import lint

RULE = "growing-lifetime"
EVENTS = source({"user": [1] * 3, "ts": days(3), "page": ["a", "b", "a"], "x": [1, 2, 3]})


def test_state_that_keeps_every_value_is_found() -> None:
    features = [
        zl.CountDistinct("page"), zl.Histogram("page"), zl.MostFrequent("page"), zl.Sum("x", by="page"),
    ]  # fmt: skip
    findings = found(RULE, view(EVENTS, features))
    assert [each.feature for each in findings] == [
        "page_count_distinct", "page_histogram", "page_most_frequent1", "x_sum_by_page",
    ]  # fmt: skip
    assert said(findings[0]) == (
        "note: view 'v', feature 'page_count_distinct': keeps each value of 'page' that an entity ever had, about 2 "
        "so far: its state grows without end"
    )
    assert findings[0].hint == "give it a window, limit=n, or use ApproxCountDistinct"
    assert findings[1].hint == "give it a window, or limit=n"
    assert findings[3].hint == "give it a window such as .over('365d'), or limit=n"
    assert findings[3].figures == {"column": "page", "distinct": 2}


def test_many_values_weigh_more_than_few() -> None:
    events = source({"user": [1] * 300, "ts": days(300), "page": [f"p{n}" for n in range(300)]})
    (finding,) = found(RULE, view(events, [zl.CountDistinct("page")]))
    assert finding.severity == "warning"
    assert finding.figures["distinct"] > 200


def test_without_data_it_gives_no_figures() -> None:
    findings = lint(repository(view(EVENTS, [zl.CountDistinct("page")])), data=False)
    assert [(each.rule, each.severity, each.figures) for each in findings] == [
        (RULE, "warning", {"column": "page"})
    ]


def test_bounded_state_is_no_finding() -> None:
    features = [
        zl.CountDistinct("page", limit=9), zl.CountDistinct("page").over("1d"), zl.ApproxCountDistinct("page"),
        zl.Sum("x"), zl.Max("x"), zl.LastK("page", 3), zl.Quantile("x", 0.5), zl.Sum("x", by="page").over("1d"),
    ]  # fmt: skip
    assert found(RULE, view(EVENTS, features)) == []
