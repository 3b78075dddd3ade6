"""Timestamps: time columns that need a word of explanation."""

from __future__ import annotations

import zipline as zl
from tests.refusals import refusal
from zipline.dsl.timestamp import as_timestamp


def test_a_bare_name_is_a_column_that_is_already_a_time() -> None:
    assert as_timestamp("ts") == zl.Timestamp("ts")
    assert as_timestamp(zl.Timestamp("ts", unit="ms")).unit == "ms"
    assert zl.Timestamp("ts", zone="America/New_York").zone == "America/New_York"


def test_refusals() -> None:
    message = refusal(lambda: zl.Timestamp("ts", unit="h"))  # type: ignore[arg-type]
    assert message == "Timestamp('ts'): 'h' is not a unit\nHint: allowed: 's', 'ms', 'us', 'ns'"
    message = refusal(lambda: zl.Timestamp("ts", unit="s", zone="UTC"))
    assert (
        "Timestamp('ts'): has both a unit and a zone\nHint: integers since the epoch have no zone" in message
    )
    for zone in ("Mars/Olympus", "../etc", ""):
        message = refusal(lambda zone=zone: zl.Timestamp("ts", zone=zone))  # type: ignore[misc]
        assert f"Timestamp('ts'): {zone!r} is not a time zone\nHint: give an IANA name" in message
