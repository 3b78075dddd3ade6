"""`duplicate-feature`."""

from __future__ import annotations

import zipline as zl
from tests.lint.small import days, found, said, source, view

RULE = "duplicate-feature"
EVENTS = source({"user": [1], "ts": days(1), "x": [1]})


def test_one_meaning_under_two_names_is_found_across_views() -> None:
    first = view(EVENTS, [zl.Count().over("1d"), zl.Count(where="x>1").named("big").over("7d")])
    second = view(
        EVENTS,
        [zl.Count().named("n").over("24h"), zl.Count(where="x > 1").named("large").over("7d")],
        name="w",
    )
    duplicates = found(RULE, first, second)
    assert [said(each) for each in duplicates] == [
        "warning: view 'w', feature 'n_24h': is v:count_1d under another name",
        "warning: view 'w', feature 'large_7d': is v:big_7d under another name",
    ]


def test_another_window_condition_parameter_key_or_source_is_another_feature() -> None:
    features = [
        zl.Count().over("1d", "2d"), zl.Count().over(zl.Window("1d", offset="1h")), zl.Sum("x").over("1d"),
        zl.Sum("x", default=0).named("or_0").over("1d"), zl.Quantile("x", 0.5).over("1d"),
        zl.Quantile("x", 0.9).over("1d"),
    ]  # fmt: skip
    keyed = view(EVENTS, [zl.Count().over("1d")], name="w", keys={"user": "x"})
    other = view(source({"user": [1], "ts": days(1)}, name="other"), name="o")
    assert found(RULE, view(EVENTS, features), keyed, other) == []
