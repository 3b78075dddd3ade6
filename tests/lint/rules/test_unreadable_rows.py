"""`unreadable-rows`."""

from __future__ import annotations

from pathlib import Path

import zipline as zl
from tests.lint.small import found, said, view

RULE = "unreadable-rows"


def events(folder: Path, *times: str) -> zl.FeatureView:
    """Return a view of a CSV file with these times, whose rows may be skipped."""
    path = folder / "events.csv"
    path.write_text("\n".join(["user,ts", *(f"1,{each}" for each in times)]))
    source = zl.EventSource("events", table=zl.Csv(str(path)), event_time="ts", on_error="skip")
    return view(source)


def test_rows_that_are_left_out_are_found(tmp_path: Path) -> None:
    (finding,) = found(RULE, events(tmp_path, "2024-05-01", "soon", "2024-05-02"))
    assert said(finding) == "warning: source 'events': 33.3 % of 3 rows cannot be read and are left out"
    assert finding.figures == {"rows": 3, "unreadable": 1}


def test_very_few_are_a_note(tmp_path: Path) -> None:
    (finding,) = found(RULE, events(tmp_path, *["2024-05-01"] * 200, "soon"))
    assert finding.severity == "note"


def test_rows_that_can_be_read_are_no_finding(tmp_path: Path) -> None:
    assert found(RULE, events(tmp_path, "2024-05-01", "2024-05-02")) == []
