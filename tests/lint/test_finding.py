"""What a finding says of its place, and as JSON."""

from __future__ import annotations

from zipline.lint.finding import Finding

FINDING = Finding(
    "warning", "is so", "do this", view="v", feature="f", source="s", figures={"rows": 3}, rule="r"
)


def test_a_place_is_named_from_outside_in() -> None:
    assert FINDING.where == "view 'v', feature 'f', source 's'"
    assert FINDING.places == ("v", "v:f", "s")
    assert Finding("note", "is so", "do this", source="s").places == ("s",)


def test_json_has_every_part() -> None:
    assert FINDING.to_json() == {
        "rule": "r",
        "severity": "warning",
        "where": {"view": "v", "feature": "f", "source": "s"},
        "message": "is so",
        "figures": {"rows": 3},
        "hint": "do this",
    }
