"""Workers in processes of their own, forked from one that has loaded all they need, and killed where a test says so."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

from zipline.dev import Clock
from zipline.online.calls import Call
from zipline.online.stores.base import Store
from zipline.online.stores.opening import open_store
from zipline.online.streams.counts import Counts
from zipline.online.streams.entry_steps import Parts
from zipline.online.streams.fill_book import FillBook
from zipline.online.streams.opening import Streams
from zipline.online.worker import Worker
from zipline.settings import KafkaSettings, OnlineSettings, Settings

_CONTEXT = multiprocessing.get_context("forkserver")
_CONTEXT.set_forkserver_preload(["tests.online.faults.workers", "zipline.engines.kernels.online", "kafka"])


@dataclass(frozen=True)
class Job:
    """What a worker is to do.

    Attributes:
        url, prefix: of the store.
        broker, options: of Kafka.
        folder: for dead letters.
        clock: what its clock shows first, microseconds.
        shards, history: of fills that it makes.
        calls: it is killed around the call of the store with this number; None: it lives.
        when: seconds after that call began; below 0 it is killed before it.
        jumps: seconds by which its clock jumps ahead and back, again and again.
    """

    url: str
    prefix: str
    broker: str
    options: Mapping[str, Any]
    folder: str
    clock: int
    shards: int
    history: int
    calls: int | None = None
    when: float = -1.0
    jumps: tuple[float, ...] = ()


def _die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


class Doomed:
    """A store whose process is killed around one of its calls."""

    def __init__(self, store: Store, calls: int, when: float, die: Callable[[], None] = _die) -> None:
        self._store, self._left, self._when, self._die = store, calls, when, die

    def do(self, call: Call) -> Any:
        self._left -= 1
        if self._left == 0:
            if self._when < 0:
                self._die()
            threading.Timer(self._when, self._die).start()
        return self._store.do(call)

    def close(self) -> None:
        self._store.close()


def work(job: Job) -> None:
    """Be a worker until the process ends, or the one that wanted it does."""
    store: Store = open_store(job.url, OnlineSettings(prefix=job.prefix, timeout_us=2_000_000))
    if job.calls is not None:
        store = Doomed(store, job.calls, job.when)
    kafka = KafkaSettings(bootstrap_servers=job.broker, options=dict(job.options))
    now = jumping(Clock(job.clock), job.jumps)
    book = FillBook(store, frozenset(), job.shards, job.history, now)
    streams = Streams(Settings(kafka=kafka), Path(job.folder), lambda: now() * 1000)
    parts = Parts(store, book, streams.dead_letters(), Counts(), now, print)
    worker = Worker(book, streams, parts, rows=100)
    parent = os.getppid()
    signal.signal(signal.SIGTERM, lambda *_: worker.stop())
    worker.run(lambda: None if os.getppid() == parent else worker.stop())


def jumping(clock: Clock, jumps: tuple[float, ...]) -> Any:
    """Return a clock that is off by each jump in turn."""
    asked = 0

    def now() -> int:
        nonlocal asked
        asked += 1
        return clock.now() + int(1e6 * jumps[asked // 5 % len(jumps)] if jumps else 0)

    return now


def begin(job: Job) -> BaseProcess:
    """Start a worker; whoever does not end it leaves it to the end of the run."""
    process = _CONTEXT.Process(target=work, args=(job,), daemon=True)
    process.start()
    return process


@contextmanager
def working(job: Job) -> Iterator[BaseProcess]:
    """Have a worker as long as the block runs."""
    process = begin(job)
    try:
        yield process
    finally:
        process.terminate()
        process.join(10)
        if process.is_alive():
            process.kill()
            process.join()


@contextmanager
def ask_store(url: str, prefix: str) -> Iterator[Store]:
    """Open a store as long as the block runs."""
    store = open_store(url, OnlineSettings(prefix=prefix, timeout_us=5_000_000))
    try:
        yield store
    finally:
        store.close()
