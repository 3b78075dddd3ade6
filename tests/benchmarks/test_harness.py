from __future__ import annotations

from collections.abc import Callable

import pyarrow as pa
import pytest

from benchmarks.harness import Contender, Run, race, timed


def _scripted(name: str, seconds: list[float], log: list[str]) -> Contender:
    remaining = iter(seconds)

    def run() -> Run:
        log.append(name)
        return Run(next(remaining), pa.table({"row": [len(log)]}))

    return Contender(name, "1.0", run)


def test_contenders_run_in_turn_and_the_warm_up_is_dropped() -> None:
    log: list[str] = []
    ours, theirs = race([_scripted("a", [9, 1, 3, 2], log), _scripted("b", [9, 4, 6, 5], log)])
    assert log == ["a", "b"] * 4
    assert (ours.runs, ours.seconds) == ([1, 3, 2], 2)
    assert (theirs.runs, theirs.seconds) == ([4, 6, 5], 5)


def test_the_warm_up_gives_the_answers() -> None:
    (only,) = race([_scripted("a", [1, 1, 1, 1], [])])
    assert only.answers == pa.table({"row": [1]})


def test_a_rival_over_a_minute_runs_once() -> None:
    log: list[str] = []
    _, slow = race([_scripted("a", [1] * 4, log), _scripted("slow", [61], log)])
    assert log.count("slow") == 1
    assert slow.runs == [61]


def test_zipline_is_run_in_every_round_however_long_it_takes() -> None:
    (ours,) = race([_scripted("zipline", [100, 70, 71, 72], [])])
    assert ours.runs == [70, 71, 72]


def test_a_rival_that_fails_fails_the_run() -> None:
    def missing() -> Run:
        message = "not installed"
        raise ImportError(message)

    with pytest.raises(ImportError, match="not installed"):
        race([_scripted("a", [1] * 4, []), Contender("b", "1.0", missing)])


def test_timed_measures_the_work_and_keeps_its_answers() -> None:
    table = pa.table({"row": [1]})
    work: Callable[[], pa.Table] = lambda: table  # noqa: E731
    run = timed(work)()
    assert run.seconds >= 0
    assert run.answers is table
