"""`partly-online`."""

from __future__ import annotations

import zipline as zl
from tests.lint.small import days, repository, said, source, view
from zipline.lint.run import lint

EVENTS = source({"user": [1, 2], "ts": days(2)})
LIVE = zl.FeatureView(
    "live", entity=zl.Entity("user"), source=EVENTS, features=[zl.Count().over("1d")], online=True
)
STILL = view(EVENTS, name="still")


def findings(*services: zl.FeatureService) -> list[str]:
    """Return what the rule says of both views."""
    found = lint(repository(LIVE, STILL, services=services), data=False)
    return [said(each) for each in found if each.rule == "partly-online"]


def test_a_view_that_keeps_a_service_from_being_served_is_found() -> None:
    both = zl.FeatureService("both", [LIVE, STILL])
    assert findings(both, zl.FeatureService("again", [STILL, LIVE]), zl.FeatureService("one", [STILL])) == [
        "warning: view 'still': is not read online, unlike other views of both, again: such a service cannot be served"
    ]


def test_services_of_one_sort_are_no_finding() -> None:
    assert findings(zl.FeatureService("one", [STILL]), zl.FeatureService("other", [LIVE])) == []
