from __future__ import annotations

from pathlib import Path

import pyarrow.parquet as pq

from benchmarks.workers.zipline_windows import run


def test_a_run_tells_its_seconds_and_peak(tmp_path: Path) -> None:
    answer = run(0.002, 0, str(tmp_path / "answers.parquet"))
    assert answer["seconds"] > 0
    assert answer["peak_bytes"] > 1e6
    assert pq.read_table(tmp_path / "answers.parquet").num_rows == 200
