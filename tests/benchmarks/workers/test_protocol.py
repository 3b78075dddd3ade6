from __future__ import annotations

import io
import json
import sys

import pytest

from benchmarks.workers.protocol import Worker, WorkerFailed, peak_memory, serve


def test_every_line_is_answered_by_one(monkeypatch: pytest.MonkeyPatch) -> None:
    answers = io.StringIO()
    monkeypatch.setattr(sys, "stdin", io.StringIO("run\nrun\n"))
    monkeypatch.setattr(sys, "stdout", answers)

    def run() -> dict[str, float]:
        print("a library's chatter")
        return {"seconds": 1.5}

    serve(run)
    assert [json.loads(line) for line in answers.getvalue().splitlines()] == [{"seconds": 1.5}] * 2


def test_the_peak_outlives_the_memory() -> None:
    block = bytearray(256 << 20)
    assert peak_memory() > len(block)
    del block
    assert peak_memory() > 256 << 20


def test_a_worker_without_an_answer_is_an_error(capfd: pytest.CaptureFixture[str]) -> None:
    message = "the worker first_training_set ended with code 1 and no answer"
    with (
        pytest.raises(WorkerFailed, match=message),
        Worker(sys.executable, "first_training_set", "too", "many", "arguments") as worker,
    ):
        worker.run()
    assert "Error" in capfd.readouterr().err
