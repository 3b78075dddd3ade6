"""Feature views: how features are named, chosen and bound, and what is refused."""

from __future__ import annotations

from collections.abc import Callable

import pytest

import zipline as zl
from tests.dsl.definitions import view
from tests.refusals import refusal
from zipline.dsl.feature_view import as_selection
from zipline.errors import DefinitionError


def test_names_of_features() -> None:
    named = view(
        zl.Count().over("1h", "1d"),
        zl.Mean("Arr_Delay").over("1d", zl.Window("30d", hop="1d")),
        zl.Quantile("arr_delay", 0.9).over("30d"),
        zl.Count(where="late").named("late").over("7d"),
        zl.Histogram("origin", k=5),
        zl.LastK(["dest", "arr_delay"], 5).over("7d"),
        zl.Sum("arr_delay", by="origin").over(zl.Window("7d", offset="1d")),
        zl.Min("x").over(zl.Window.lifetime(offset="1d")),
        zl.Derived("late_rate", "late_7d / nullif(count_1d, 0)"),
    )
    assert named.names == (
        "count_1h",
        "count_1d",
        "arr_delay_mean_1d",
        "arr_delay_mean_30d",
        "arr_delay_q90_30d",
        "late_7d",
        "origin_histogram5",
        "dest_arr_delay_last5_7d",
        "arr_delay_sum_by_origin_7d_offset_1d",
        "x_min_offset_1d",
        "late_rate",
    )
    assert named.feature("late_7d").name == "late_7d"


def test_keys_map_the_entitys_names_to_the_sources_columns() -> None:
    assert view(zl.Count(), keys={"user": "user_id"}).key_columns == ("user_id",)
    assert view(zl.Count()).key_columns == ("user",)


def test_one_normal_form_for_every_way_to_choose() -> None:
    whole = view(zl.Count().over("1h", "1d"))
    assert as_selection(whole) == whole["count_1h", "count_1d"]
    assert whole["count_1d"].names == ("count_1d",)
    bound = whole.bind("buyer", keys={"user": "buyer_id"})
    assert as_selection(bound) == bound["count_1h", "count_1d"]
    assert (bound["count_1h"].prefix, bound["count_1h"].keys) == ("buyer", (("user", "buyer_id"),))


@pytest.mark.parametrize(
    ("build", "message"),
    [
        (lambda: view(zl.Count(), name="a__b"), "'a__b' cannot name a view"),
        (view, "view 'user_clicks': has no features\nHint: list at least one, such as zl.Count()"),
        (lambda: view(3), "view 'user_clicks': 3 is not a feature\nHint: write zl.Count()"),
        (
            lambda: view(zl.Count(), zl.Count()),
            "view 'user_clicks': two features are called 'count'\nHint: rename one: .named('count_2')",
        ),
        (
            lambda: view(zl.Sum("x").over("24h"), zl.Sum("x").over("24h")),
            "two features are called 'x_sum_24h'\nHint: rename one: .named('x_sum_2')",
        ),
        (
            lambda: view(zl.Count(), zl.Derived("twice", "cuont * 2")),
            "view 'user_clicks', Derived('twice'): reads 'cuont', which no earlier feature of the view is",
        ),
        (lambda: view(zl.Derived("twice", "count * 2"), zl.Count()), "which no earlier feature"),
        (
            lambda: view(zl.Count(), keys={"usr": "id"}),
            "view 'user_clicks': keys= maps 'usr', which is no key of entity 'user'\nHint: did you mean",
        ),
        (
            lambda: view(zl.Count())["cuont"],
            "view 'user_clicks': has no feature 'cuont'\nHint: did you mean 'count'?",
        ),
        (
            lambda: view(zl.Count())["count", "count"],
            "view 'user_clicks': ['count', 'count'] names a feature twice",
        ),
        (lambda: view(zl.Count()).bind("a b", keys={"user": "x"}), "'a b' cannot name a bound view"),
        (
            lambda: view(zl.Count()).bind("b", keys={"usr": "x"}),
            "keys= maps 'usr', which is no key of entity 'user'",
        ),
        (lambda: view(zl.Sum("x y")), "view 'user_clicks': 'x y_sum' cannot name a feature"),
        (lambda: view(zl.Sum("x", by="a__b")), "view 'user_clicks': 'x_sum_by_a__b' cannot name a feature"),
        (
            lambda: view(zl.Count(where="late")),
            "view 'user_clicks': Count() has where='late' and no name\nHint: name it: .named('count_when')",
        ),
        (lambda: as_selection(3), "3 is not a view\nHint: give a FeatureView"),  # type: ignore[arg-type]
    ],
)
def test_refusals(build: Callable[[], object], message: str) -> None:
    assert message in refusal(build, DefinitionError)
