"""Feature services: what one may hold, and what is refused."""

from __future__ import annotations

from collections.abc import Callable

import pytest

import zipline as zl
from tests.dsl.definitions import view
from tests.refusals import refusal
from zipline.errors import DefinitionError

COUNTS = view(zl.Count())


def test_normal_forms() -> None:
    service = zl.FeatureService(
        "model",
        [
            COUNTS,
            COUNTS.bind("buyer", keys={"user": "buyer"}),
            zl.Derived("ratio", "user_clicks__count / buyer__count + weight"),
        ],
        request={"weight": "double"},
        time="asked_at",
        keys={"user": "user_id"},
    )
    assert service.features[0] == COUNTS["count"]
    assert service.request == (("weight", "double"),)
    assert service.time == zl.Timestamp("asked_at")
    assert service.keys == (("user", "user_id"),)


@pytest.mark.parametrize(
    ("build", "message"),
    [
        (lambda: zl.FeatureService("a b", [COUNTS]), "'a b' cannot name a service"),
        (lambda: zl.FeatureService("m", []), "service 'm': has no features\nHint: list at least one view"),
        (lambda: zl.FeatureService("m", [3]), "service 'm': 3 is not a view\nHint: give"),  # type: ignore[list-item]
        (
            lambda: zl.FeatureService("m", [COUNTS, COUNTS]),
            "service 'm': two outputs are called 'user_clicks__count'\nHint: use view.bind(",
        ),
        (
            lambda: zl.FeatureService("m", [COUNTS, zl.Derived("d", "user_clicks__cuont")]),
            "Derived('d'): reads 'user_clicks__cuont', which is neither an earlier output nor a request",
        ),
        (
            lambda: zl.FeatureService("m", [COUNTS], keys={"usr": "x"}),
            "service 'm': keys= maps 'usr', which is no key of its views\nHint: did you mean 'user'?",
        ),
        (
            lambda: zl.FeatureService("m", [COUNTS], request={"weight": "dubble"}),
            "service 'm': 'dubble' is not a type\nHint: did you mean 'double'?",
        ),
    ],
)
def test_refusals(build: Callable[[], object], message: str) -> None:
    assert message in refusal(build, DefinitionError)
