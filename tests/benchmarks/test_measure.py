from __future__ import annotations

import json

from benchmarks.harness import Timing
from benchmarks.measure import Report

REPORT = Report("offline_windows", 10.0, {"machine": "2 threads"})


def test_a_ratio_is_zipline_by_rival() -> None:
    measure = REPORT.against("m", Timing("z", "1", [2.0]), Timing("r", "9.9", [4.0]), at_most=0.7, seen=3)
    assert json.loads(json.dumps(measure.as_dict())) == {
        "benchmark": "offline_windows",
        "measure": "m",
        "zipline": 2.0,
        "rival": 4.0,
        "rival_name": "r",
        "rival_version": "9.9",
        "ratio": 0.5,
        "unit": "s",
        "scale": 10.0,
        "detail": {
            "target": "ratio <= 0.7",
            "met": True,
            "zipline_runs": [2.0],
            "rival_runs": [4.0],
            "machine": "2 threads",
            "seen": 3,
        },
    }


def test_a_target_can_be_missed() -> None:
    assert not REPORT.against("m", Timing("z", "1", [4.0]), Timing("r", "1", [4.0]), at_most=0.7).detail[
        "met"
    ]
    assert not REPORT.absolute("m", 0.31, "s", under=0.3).detail["met"]


def test_an_absolute_figure_has_no_rival() -> None:
    measure = REPORT.absolute("peak", 5.0, "GB", under=6.0)
    assert (measure.rival, measure.rival_name, measure.rival_version, measure.ratio) == (None,) * 4
    assert measure.detail["target"] == "under 6 GB"
