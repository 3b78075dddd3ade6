"""Ranges of versions, as in package metadata."""

from __future__ import annotations

import pytest

from zipline.doctor.versions import Requirement, beyond, requirements


@pytest.mark.parametrize(
    ("version", "bounds", "broken"),
    [
        ("2.0.0", ">=2.0,<3", None),
        ("2", ">=2.0,<3", None),
        ("2.99.1", ">=2.0,<3", None),
        ("3.0", ">=2.0,<3", "<3"),
        ("3.0.0rc1", ">=2.0,<3", "<3"),
        ("1.10", ">=1.9", None),
        ("1.9", ">=1.10", ">=1.10"),
        ("2.0.1+local", ">=2.0.1", None),
        ("2026.2", ">=2026.2", None),
        ("1.0", ">1", ">1"),
        ("1.0", "<=1", None),
        ("1.1", "<=1", "<=1"),
        ("1.0", "", None),
        ("unknown", ">=1", ">=1"),
    ],
)
def test_bounds(version: str, bounds: str, broken: str | None) -> None:
    assert beyond(version, bounds) == broken


def test_requirements() -> None:
    lines = [
        "duckdb<3,>=2.0",
        'mkdocstrings[python]<2,>=1.0; extra == "docs"',
        "plain",
        "old (>=1.0)",
        "adbc-driver-manager>=1; extra == 'sql'",
    ]
    assert list(requirements(lines)) == [
        Requirement("duckdb", ">=2.0,<3"),
        Requirement("mkdocstrings", ">=1.0,<2", "docs"),
        Requirement("plain", ""),
        Requirement("old", ">=1.0"),
        Requirement("adbc-driver-manager", ">=1", "sql"),
    ]
