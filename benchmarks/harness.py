"""Run contenders in turn on one machine and keep every time: a warm-up, then rounds, then the median."""

from __future__ import annotations

import gc
import os
import statistics
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import pyarrow as pa

LONG_SECONDS = 60.0
ROUNDS = 3


def threads() -> int:
    """Return the number of cores this process may use; every contender gets as many threads."""
    return len(os.sched_getaffinity(0))


@dataclass(frozen=True)
class Run:
    """The seconds of one run and, where the contender gives any, its answers."""

    seconds: float
    answers: pa.Table | None = None


@dataclass(frozen=True)
class Contender:
    """A way to do a benchmark's work: its name, its version, and how to do it once."""

    name: str
    version: str
    run: Callable[[], Run]


@dataclass
class Timing:
    """What one contender took, run by run, and the answers of its first run."""

    name: str
    version: str
    runs: list[float] = field(default_factory=list)
    answers: pa.Table | None = None

    @property
    def seconds(self) -> float:
        """The median of the runs."""
        return statistics.median(self.runs)


def timed(work: Callable[[], pa.Table]) -> Callable[[], Run]:
    """Wrap work done in this process, so that calling it measures it."""

    def run() -> Run:
        gc.collect()
        start = time.perf_counter()
        answers = work()
        return Run(time.perf_counter() - start, answers)

    return run


def race(contenders: Sequence[Contender], *, rounds: int = ROUNDS, ours: int = 1) -> list[Timing]:
    """Run each contender once as a warm-up, then all of them alternately, ``rounds`` times.

    The warm-up's time is dropped, and its answers kept. Only when it took over 60 s is it the one run of a
    rival. The first ``ours`` contenders are zipline itself: they are always run in every round.
    """
    timings = [Timing(contender.name, contender.version) for contender in contenders]
    finished = set()
    for contender, timing in zip(contenders, timings, strict=True):
        run = _run(contender, "warm-up")
        timing.answers = run.answers
        if run.seconds > LONG_SECONDS and contender not in contenders[:ours]:
            timing.runs.append(run.seconds)
            finished.add(contender.name)
    for number in range(rounds):
        for contender, timing in zip(contenders, timings, strict=True):
            if contender.name not in finished:
                timing.runs.append(_run(contender, f"run {number + 1}").seconds)
    return timings


def _run(contender: Contender, label: str) -> Run:
    run = contender.run()
    print(f"  {contender.name}, {label}: {run.seconds:.3f} s", file=sys.stderr, flush=True)
    return run
