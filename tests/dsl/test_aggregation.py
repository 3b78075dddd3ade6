"""What all aggregations share: their verbs, and columns and expressions that are refused."""

from __future__ import annotations

from collections.abc import Callable

import pytest

import zipline as zl
from tests.refusals import refusal
from zipline.dsl.aggregation import features_of
from zipline.errors import DefinitionError


def test_over_makes_one_feature_per_window_in_their_order() -> None:
    features = features_of(zl.Count().over("7d", zl.Window("1h", offset="1d")))
    assert [feature.name for feature in features] == ["count_7d", "count_1h_offset_1d"]


def test_without_over_the_window_is_the_lifetime() -> None:
    (feature,) = features_of(zl.Count())
    assert (feature.name, feature.window) == ("count", zl.Window.lifetime())


def test_named_replaces_the_stem_before_or_after_over() -> None:
    before, after = zl.Sum("x").named("spend").over("1d"), zl.Sum("x").over("1d").named("spend")
    assert before == after
    assert features_of(before)[0].name == "spend_1d"


def test_a_list_of_columns_is_kept_as_a_tuple() -> None:
    assert zl.First(["a", "event_time"]).columns == ("a", "event_time")
    assert zl.First(["a"]).keeps_nulls
    assert not zl.First("a").keeps_nulls
    assert zl.First("a", nulls=True).keeps_nulls
    assert zl.Count().columns == ()
    assert zl.First(["a", "b"]).title() == "First(['a', 'b'])"


@pytest.mark.parametrize(
    ("build", "message"),
    [
        (lambda: zl.Count().over(), "Count().over() names no window\nHint: write .over('7d')"),
        (lambda: zl.Count().over(7), "7 is not a window"),  # type: ignore[arg-type]
        (lambda: zl.Sum("x").named("a__b"), "'a__b' cannot name a feature"),
        (
            lambda: zl.Sum("x", where="y > 1").default_stem(),
            "Sum('x') has where='y > 1' and no name\nHint: name it: .named('x_sum_when')",
        ),
        (lambda: zl.Sum("x", where="y >"), "Sum('x'), where: did not expect the end of the expression"),
        (lambda: zl.Sum("x", where=3), "Sum: where=3 does not fit"),  # type: ignore[arg-type]
        (lambda: zl.Sum(""), "Sum: column='' is not a column\nHint: give a column's name"),
        (lambda: zl.Sum(None), "Sum: column=None is not a column"),  # type: ignore[arg-type]
        (lambda: zl.Sum(["x"]), "Sum: column=['x'] is not a column"),  # type: ignore[arg-type]
        (lambda: zl.Count(["x"]), "Count: column=['x'] is not a column"),  # type: ignore[arg-type]
        (lambda: zl.Count(by=""), "Count: by='' is not a column\nHint: give a column's name"),
        (lambda: zl.Count(by=["x"]), "Count: by=['x'] is not a column"),  # type: ignore[arg-type]
        (lambda: zl.Last(3), "Last: column=3 is not a column\nHint: give a column's name or a list"),  # type: ignore[arg-type]
        (lambda: zl.Last([]), "[] is not Last's columns"),
        (
            lambda: zl.LastK(["x", "x"], 2),
            "['x', 'x'] names a column twice\nHint: LastK's columns lists each",
        ),
    ],
)
def test_refusals(build: Callable[[], object], message: str) -> None:
    assert message in refusal(build, DefinitionError)
