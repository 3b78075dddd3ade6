from __future__ import annotations

import json
from pathlib import Path

import pytest

from benchmarks import table
from benchmarks.harness import Timing
from benchmarks.measure import Report

REPORT = Report("b", 10.0, {})
BESIDE = REPORT.against("m", Timing("z", "1", [2.0]), Timing("Rival", "9.9", [4.0]), at_most=0.7)
MISSED = REPORT.absolute("start", 0.5, "s", under=0.3)


def test_a_row_for_each_measure() -> None:
    rows = table.markdown([BESIDE.as_dict(), MISSED.as_dict()]).splitlines()
    assert rows[2:] == [
        "| `b`, S = 10 | m | 2 s | 4 s (Rival 9.9) | 0.5 | ratio <= 0.7 |",
        "| `b`, S = 10 | start | 0.5 s |  |  | under 0.3 s, **missed** |",
    ]


def test_results_are_read_in_order_of_file_name(tmp_path: Path) -> None:
    (tmp_path / "b.json").write_text(json.dumps([BESIDE.as_dict()]))
    (tmp_path / "a.json").write_text(json.dumps([MISSED.as_dict()]))
    assert [measure["measure"] for measure in table.load(tmp_path)] == ["start", "m"]


def test_a_file_without_marks_is_left_alone() -> None:
    with pytest.raises(table.NoPlaceForTable, match="Hint: put both"):
        table.replaced("no marks", "x")
