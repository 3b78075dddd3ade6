"""Derived features: what they read, and expressions that are refused."""

from __future__ import annotations

import zipline as zl
from tests.refusals import refusal
from zipline.errors import ExpressionError


def test_columns_in_order_of_first_use() -> None:
    assert zl.Derived("rate", "late / nullif(total, 0) + late").columns == ("late", "total")


def test_functions_that_only_derived_features_may_use() -> None:
    assert zl.Derived("distance", "haversine(a, b, c, d)").columns == ("a", "b", "c", "d")


def test_refusals() -> None:
    assert "'a__b' cannot name a derived feature" in refusal(lambda: zl.Derived("a__b", "x"))
    assert "Derived('rate'): did not expect the end" in refusal(
        lambda: zl.Derived("rate", "x +"), ExpressionError
    )
    assert "Derived('rate'): " in refusal(lambda: zl.Derived("rate", "nope(x)"), ExpressionError)
