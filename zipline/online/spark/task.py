"""A task: the records of one partition in one micro-batch, decoded and written by an executor.

Nothing is believed from one micro-batch to the next: a task asks the shards where they stand, skips what they have,
and ends only when *every* shard stands where the span does, also those that had no event in it. So whoever comes next,
in whatever process, can tell a shard that was quiet from one that has lost what it had: it stands below.
"""

from __future__ import annotations

import pickle
from collections.abc import Iterator, Mapping
from functools import partial
from typing import Final, Literal

import numpy as np
import pyarrow as pa

from zipline.errors import StoreUnavailable, ZiplineError
from zipline.online import catalog
from zipline.online.fills import Fill
from zipline.online.protocol.writing import IDLE_EVERY, Writer
from zipline.online.spark.job import Answer, Goal, Job, Span
from zipline.online.spark.pieces import pieces
from zipline.online.state.view_state import view_state
from zipline.online.steps import run
from zipline.online.streams.base import Batch, Partition, TryAgain
from zipline.online.streams.counts import Counts
from zipline.online.streams.decoding import Reading, Readings, Said
from zipline.online.streams.entry_steps import Hand, Parts
from zipline.online.streams.fill_book import FillBook
from zipline.online.streams.keeping import Keeping
from zipline.online.streams.opening import Place, Streams
from zipline.online.streams.tracks import Entry

ANSWER: Final = "answer binary"
"""The schema of what a task returns: an `Answer`, pickled."""
_KEPT: Final = 4
"""Queries whose workplaces a process keeps."""
_workplaces: dict[str, Workplace] = {}


class Workplace:
    """What a process needs to work for a query: a store, and the readings with their decoders and expressions."""

    def __init__(self, job: Job) -> None:
        self.job, self.store = job, job.open()
        streams = Streams(job.settings, job.root, job.clock)
        self.dead = streams.dead_letters()
        self.readings: dict[tuple[str, int], Reading] = {}
        places: dict[Place, list[Reading]] = {}
        for title, number, place in job.readings:
            name, _, version = title.partition("@")
            state = view_state(run(catalog.view_record(name, int(version)), self.store))
            reading = self.readings[title, number] = Reading(state, number)
            places.setdefault(place, []).append(reading)
        self._entries: dict[tuple[Partition, str, int, Fill], Entry] = {}
        self.topics: dict[str, list[Readings]] = {}
        for place, readings in places.items():
            self.topics.setdefault(place.topic, []).append(
                Readings(readings, partial(streams.decoder, place))
            )

    def entry(self, goal: Goal, partition: Partition) -> Entry:
        """Return what a partition says to a fill; its writer remembers which documents cannot be made small."""
        key = (partition, goal.title, goal.source_number, goal.fill)
        if key not in self._entries:
            reading = self.readings[goal.title, goal.source_number]
            writer = Writer(reading.state, goal.fill, partition.log(reading.source))
            self._entries[key] = Entry(reading, goal.fill, writer)
        return self._entries[key]

    def now(self) -> int:
        """Return the time, microseconds."""
        return self.job.clock() // 1000

    def close(self) -> None:
        """Let go of connections."""
        self.dead.close()
        self.store.close()


def workplace(job: Job) -> Workplace:
    """Return this process's workplace for a query; those of queries that are long over are closed."""
    if job.name not in _workplaces:
        _workplaces[job.name] = Workplace(job)
        while len(_workplaces) > _KEPT:
            _workplaces.pop(next(iter(_workplaces))).close()
    return _workplaces[job.name]


def close_workplaces() -> None:
    """Let go of what this process has for queries that are over."""
    while _workplaces:
        _workplaces.popitem()[1].close()


def work(
    job: Job, spans: Mapping[Partition, Span], records: Iterator[pa.RecordBatch]
) -> Iterator[pa.RecordBatch]:
    """Apply what a task is given, and yield its answers, one for each partition: Spark gives it one."""
    for span, batches in pieces(records, spans, job.clock):
        yield pa.RecordBatch.from_pydict({"answer": [pickle.dumps(answer_to(job, span, batches))]})


def answer_to(job: Job, span: Span, batches: Iterator[Batch]) -> Answer:
    """Apply the records of a span, and say what became of it. All of the batches are taken, whatever comes of them."""
    counts = Counts()
    try:
        return Task(workplace(job), span, counts).answer(batches)
    except (TryAgain, StoreUnavailable) as error:
        return Answer(span.partition, "again", error.message, figures=counts.figures())
    except ZiplineError as error:
        told = (type(error), error.message, error.where, error.hint)
        return Answer(span.partition, "again", failure=told, figures=counts.figures())
    finally:
        for _ in batches:
            pass


class Task:
    """Applies one span."""

    def __init__(self, place: Workplace, span: Span, counts: Counts) -> None:
        self._place, self._span, self._counts = place, span, counts
        book = FillBook(place.store, frozenset(), 1, 1, place.now)
        parts = Parts(place.store, book, place.dead, counts, place.now, lambda text: None)
        self._keeping = Keeping(place.store, counts, place.now, lambda text: None)
        self._keeping.logs = place.job.logs
        self._hand = Hand(parts, self._keeping)
        self._entries = [place.entry(goal, span.partition) for goal in span.goals]

    def answer(self, batches: Iterator[Batch]) -> Answer:
        """Write batches, which cover the span.

        Raises:
            TryAgain, StoreUnavailable: something stands in the way; part of it may be written.
            StreamError: dead letters cannot be kept.
        """
        if gap := self._load():
            return self._end("astray", gap)
        watermark = -1
        for batch in batches:
            if not self._write(batch):
                return self._end("again", "another writer came between")
            watermark = max(watermark, batch.watermark)
        if self._hand.move(self._entries, self._place.now() + IDLE_EVERY, watermark):
            return self._end("again", "another writer came between")
        self._keeping.work(())
        return self._end("done", "", watermark)

    def _load(self) -> str:
        """Ask where the shards stand; say where one lacks what was before the span."""
        for entry, goal in zip(self._entries, self._span.goals, strict=True):
            position = run(entry.writer.load(self._place.now()), self._place.store)
            if position is None:
                return f"{goal.fill.name} is gone"
            if position < goal.position:
                return (
                    f"{goal.fill.name} stands at {position} of {entry.log}, and had come to {goal.position}"
                )
            entry.position = position
        return ""

    def _write(self, batch: Batch) -> bool:
        """Write a batch with its offset; return whether the store stood where it was believed to."""
        ours = {id(entry.reading) for entry in self._entries}
        said: list[tuple[Reading, Said]] = []
        if batch.stop > batch.start:
            for readings in self._place.topics[batch.partition.topic]:
                with self._counts.stage("decode"):
                    each = zip(readings.readings, readings.said(batch), strict=True)
                    said += [(reading, one) for reading, one in each if id(reading) in ours]
            self._counts.note(len(batch), said)
            self._hand.tell_poison(self._entries, batch, said)
        return not said or not self._hand.write(self._entries, batch, said)

    def _end(self, outcome: Literal["done", "again", "astray"], why: str, watermark: int = -1) -> Answer:
        places = {(entry.fill.name, entry.reading.state.title): at for at, entry in enumerate(self._entries)}
        grown: dict[int, list[bytes]] = {}
        for state, fill, entity in self._keeping.leave():
            grown.setdefault(places[fill.name, state.title], []).append(entity)
        return Answer(
            self._span.partition, outcome, why, watermark, figures=self._counts.figures(),
            grown=tuple((at, tuple(each)) for at, each in grown.items()),
        )  # fmt: skip


def nothing(span: Span, watermark: int) -> Batch:
    """Return a batch that moves over a span without records."""
    empty = np.empty(0, np.int64)
    return Batch(span.partition, span.start, span.stop, (), empty, empty, watermark)
