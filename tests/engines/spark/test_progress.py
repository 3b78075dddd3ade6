"""Progress of Spark's stages."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Event, Thread
from typing import Any

from tests.services.spark import session
from zipline.engines.spark.progress import watched


class Noted:
    """Progress that is written down."""

    def __init__(self) -> None:
        self.tasks = 0
        self.done: list[str] = []
        self.begun, self.stepped = Event(), Event()

    def begin(self, steps: int) -> None:
        self.tasks += steps
        self.begun.set()

    def step(self, label: str) -> None:
        self.done.append(label)
        self.stepped.set()


def waiting(file: str) -> Callable[[Iterator[Any]], Iterator[Any]]:
    """Return what a task does: the first of its stage ends at once, the others when there is a file."""

    def wait(batches: Iterator[Any]) -> Iterator[Any]:
        import os
        import time

        for batch in batches:
            while batch["id"][0].as_py() > 0 and not os.path.exists(file):  # noqa: PTH110  executors know no tests
                time.sleep(0.01)
            yield batch

    return wait


def test_tasks_of_a_stage_are_told_as_they_end(tmp_path: Path) -> None:
    noted, file = Noted(), tmp_path / "go"

    def release() -> None:
        if noted.begun.wait(60) and noted.stepped.wait(60):
            file.touch()

    releasing = Thread(target=release)
    releasing.start()
    with watched(session(), noted, []):
        frame = session().range(3, numPartitions=3).mapInArrow(waiting(str(file)), "id bigint")
        assert frame.count() == 3
    releasing.join()
    assert noted.tasks >= 3
    assert noted.done[0].startswith("stage ")
