"""The 16 features of ``offline_windows`` at S / 10, S and 10 S: time per event and peak memory."""

from __future__ import annotations

import statistics
import sys
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow.compute as pc
import pyarrow.parquet as pq

from benchmarks import audit, data
from benchmarks.answers import check_same
from benchmarks.harness import ROUNDS, Timing
from benchmarks.machine import machine
from benchmarks.measure import Measure, Report
from benchmarks.workers.protocol import Worker
from benchmarks.zipline_events import VERSION, WINDOW_FEATURES, feature_names

if TYPE_CHECKING:
    from collections.abc import Iterator

DEFAULT_SCALE = 10.0
MEMORY_LIMIT_GB = 6.0


@dataclass
class _AtScale:
    """What processes of their own took at one scale."""

    scale: float
    seconds: list[float] = field(default_factory=list)
    peak_gigabytes: list[float] = field(default_factory=list)
    values_audited: int = 0

    @property
    def per_million(self) -> Timing:
        """Seconds for each million events."""
        name = f"zipline, {self.scale:g} M events"
        return Timing(name, VERSION, [seconds / self.scale for seconds in self.seconds])


def run(scale: float, seed: int) -> Iterator[Measure]:
    """Run every scale in fresh processes, in turn; the answers are audited by plain SQL on a sample."""
    small, middle, large = (_AtScale(scale * factor) for factor in (0.1, 1.0, 10.0))
    for number in range(ROUNDS + 1):
        for at in (small, middle, large):
            _run_once(at, seed, warm_up=number == 0)
    report = Report("offline_scale", large.scale, {"machine": machine()})
    detail = {
        f"{at.scale:g} M events": {
            "seconds": round(statistics.median(at.seconds), 3),
            "peak_gigabytes": round(max(at.peak_gigabytes), 2),
            "values_audited": at.values_audited,
        }
        for at in (small, middle, large)
    }
    yield report.against(
        f"time per million events at {large.scale:g} M beside {middle.scale:g} M",
        large.per_million,
        middle.per_million,
        at_most=1.3,
        **detail,
    )
    peak = max(large.peak_gigabytes)
    yield report.absolute(f"peak memory at {large.scale:g} M events", peak, "GB", under=MEMORY_LIMIT_GB)


def _run_once(at: _AtScale, seed: int, *, warm_up: bool) -> None:
    events = data.events(at.scale, seed)
    with tempfile.TemporaryDirectory() as folder:
        answer_file = Path(folder) / "answers.parquet"
        with Worker(sys.executable, "zipline_windows", str(at.scale), str(seed), str(answer_file)) as worker:
            answer = worker.run()
        print(f"  {at.scale:g} M events: {answer['seconds']:.3f} s", file=sys.stderr, flush=True)
        if warm_up:
            audited = audit.window_features(events)
            ours = feature_names(pq.read_table(answer_file))
            ours = ours.filter(pc.is_in(ours["row"], audited["row"].combine_chunks()))
            at.values_audited = check_same(ours, audited, columns=WINDOW_FEATURES, rival="plain SQL")
            return
    at.seconds.append(answer["seconds"])
    at.peak_gigabytes.append(answer["peak_bytes"] / 1e9)
