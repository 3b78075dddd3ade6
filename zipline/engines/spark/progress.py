"""Progress of Spark's stages, and its errors in zipline's words."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from threading import Event, Thread
from typing import TYPE_CHECKING

from zipline.engines.spark.failures import translated
from zipline.engines.spark.session import is_remote
from zipline.progress import Progress, Silent

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

EVERY = 0.2  # seconds between two looks at Spark's stages


@contextmanager
def watched(session: SparkSession, progress: Progress, sources: Sequence[str]) -> Iterator[None]:
    """Tell of the tasks of Spark's stages while the block runs, and raise Spark's errors as zipline's."""
    done = Event()
    thread = None
    if not isinstance(progress, Silent) and not is_remote(session):
        thread = Thread(target=_watch, args=(session, progress, done), daemon=True)
        thread.start()
    try:
        with translated(sources):
            yield
    finally:
        done.set()
        if thread is not None:
            thread.join()


def _watch(session: SparkSession, progress: Progress, done: Event) -> None:
    tracker = session.sparkContext.statusTracker()
    begun: set[int] = set()
    finished: dict[int, int] = {}
    while not done.wait(EVERY):
        with suppress(Exception):  # a look at how far it is must not end the work
            for stage in tracker.getActiveStageIds():
                info = tracker.getStageInfo(stage)
                if info is None:
                    continue
                if stage not in begun:
                    begun.add(stage)
                    progress.begin(info.numTasks)
                for _ in range(finished.get(stage, 0), info.numCompletedTasks):
                    progress.step(f"stage {stage}: {info.name}")
                finished[stage] = info.numCompletedTasks
