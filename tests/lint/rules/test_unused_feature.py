"""`unused-feature`."""

from __future__ import annotations

import zipline as zl
from tests.lint.small import days, found, said, source, view

RULE = "unused-feature"
EVENTS = source({"user": [1], "ts": days(1), "x": [2]})
FEATURES = [
    zl.Count().over("1d", "7d"),
    zl.Sum("x").over("1d"),
    zl.Derived("mean", "x_sum_1d / count_1d"),
]


def test_features_that_no_service_lists_are_found() -> None:
    both = view(EVENTS, FEATURES)
    (finding,) = found(RULE, both, services=[zl.FeatureService("m", [both["mean"]])])
    assert said(finding) == "note: view 'v', feature 'count_7d': no service lists it"


def test_a_view_that_no_service_lists_is_one_finding() -> None:
    listed, other = view(EVENTS, FEATURES), view(EVENTS, FEATURES, name="other")
    (finding,) = found(RULE, listed, other, services=[zl.FeatureService("m", [listed])])
    assert said(finding) == "note: view 'other': no service lists any of its 4 features"


def test_a_bound_view_is_used() -> None:
    bound = view(EVENTS, FEATURES)
    service = zl.FeatureService("m", [bound.bind("b", keys={"user": "friend"})])
    assert found(RULE, bound, services=[service]) == []


def test_without_services_nothing_is_said() -> None:
    assert found(RULE, view(EVENTS, FEATURES)) == []
