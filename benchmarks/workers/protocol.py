"""Both ends of the conversation with a worker process; imports nothing outside the standard library."""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import IO, Any

REPOSITORY = Path(__file__).resolve().parents[2]


class WorkerFailed(Exception):
    """A worker ended without an answer; its own words are on standard error."""


def serve(run: Callable[[], dict[str, Any]]) -> None:
    """Answer every line of standard input with what ``run`` returns, as a line of JSON.

    Libraries that print to standard output cannot break the conversation: theirs goes to standard error.
    """
    answers, sys.stdout = sys.stdout, sys.stderr
    for _ in sys.stdin:
        print(json.dumps(run()), file=answers, flush=True)


def peak_memory() -> int:
    """Return the largest resident size of this process so far, in bytes.

    Linux keeps it per program in ``VmHWM``; ``ru_maxrss``, the way elsewhere, is inherited from the parent.
    """
    status = Path("/proc/self/status")
    if status.exists():
        line = next(line for line in status.read_text().splitlines() if line.startswith("VmHWM:"))
        return int(line.split()[1]) * 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


class Worker:
    """A running worker process; a context manager that ends it."""

    def __init__(self, python: str | Path, name: str, *arguments: str, **environment: str) -> None:
        self._name = name
        process = subprocess.Popen(
            [str(python), "-m", f"benchmarks.workers.{name}", *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=REPOSITORY,
            env={**os.environ, **environment},
        )
        assert process.stdin is not None
        assert process.stdout is not None
        self._process = process
        self._questions: IO[str] = process.stdin
        self._answers: IO[str] = process.stdout

    def run(self) -> dict[str, Any]:
        """Ask for one run; return the worker's answer, or raise `WorkerFailed`."""
        self._questions.write("run\n")
        self._questions.flush()
        line = self._answers.readline()
        if not line:
            message = f"the worker {self._name} ended with code {self._process.wait()} and no answer"
            raise WorkerFailed(message)
        answer: dict[str, Any] = json.loads(line)
        return answer

    def __enter__(self) -> Worker:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._questions.close()
        self._process.wait()
        self._answers.close()
