"""`cannot-be-read`."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pytest

import zipline as zl
from tests.lint.small import days, found, said, source, view

RULE = "cannot-be-read"


def test_a_view_that_does_not_fit_its_table_is_found_and_others_are_judged() -> None:
    events = source({"user": [1, 1], "ts": days(2), "x": pa.array([None, None], pa.int64())})
    broken = view(events, [zl.Sum("y").over("1d")], name="broken")
    fine = view(events, [zl.Sum("x").over("1d")], name="fine")
    (finding,) = found(RULE, broken, fine)
    assert said(finding) == ("error: view 'broken': feature 'y_sum_1d', Sum('y'): there is no column 'y'")
    assert finding.hint == "allowed: 'user', 'ts', 'x'"
    assert [each.view for each in found("null-column", broken, fine)] == ["fine"]


def test_a_value_that_is_no_time_is_found_with_its_row() -> None:
    events = source({"user": [1, 2], "ts": ["2024-05-01", "soon"]})
    (finding,) = found(RULE, view(events))
    assert said(finding) == "error: view 'v': source 'events', row 1, column 'ts': 'soon' is not a time"


def test_a_missing_file_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    events = zl.EventSource("events", table=zl.Parquet("absent.parquet"), event_time="ts")
    (finding,) = found(RULE, view(events))
    assert "no file matches 'absent.parquet'" in finding.message


def test_what_can_be_read_is_no_finding() -> None:
    assert found(RULE, view(source({"user": [1], "ts": days(1)}))) == []
