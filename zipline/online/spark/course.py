"""One query: records of some partitions, from where the state stands, micro-batch after micro-batch.

Its checkpoint is a new folder each time, and of no use afterwards: the state alone knows what has been applied. Of
what Spark writes there, the ends of each micro-batch are read: a task sees records, and a log may go on without any.
"""

from __future__ import annotations

import json
import pickle
import threading
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from queue import SimpleQueue
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Final

from zipline.errors import ConfigError, StreamError, ZiplineError
from zipline.online.spark.job import Answer, Goal, Job, Span
from zipline.online.spark.pieces import COLUMNS
from zipline.online.spark.planning import Route
from zipline.online.spark.task import ANSWER, answer_to, nothing, work
from zipline.online.streams.base import Partition
from zipline.online.streams.counts import Counts
from zipline.online.streams.tracks import Entry, Track

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession
    from pyspark.sql.streaming.query import StreamingQuery

TRIGGER: Final = "100 milliseconds"
"""How often Spark asks the broker for more, where there is nothing to do."""
_RECORDS: Final = 100_000
"""Of each partition in a micro-batch, at most about: what is read again when it has to be done again."""
_WAITS: Final = (0.05, 0.2, 0.5, 1.0, 2.0, 5.0)
JARS: Final = (
    "org.apache.spark:spark-sql-kafka-0-10_2.13:{spark}, org.apache.spark:spark-token-provider-kafka-0-10_2.13, "
    "org.apache.kafka:kafka-clients and org.apache.commons:commons-pool2"
)


class Course:
    """A query and what it reads.

    Args:
        session: that runs it.
        job: what all of its tasks are told.
        options: of Spark's source.
        route: what is read, and from where.
        counts: is added to.
        say: is told what a person should know.

    Attributes:
        lock: is held while a micro-batch is applied.
        channel: whose topics they are.
        tracks: what each partition says to which fill.
        at: partition -> the offset up to which it has been applied.
        moved: partitions that tasks have written since this was last looked into.
        unloaded: partitions of which this process does not know where the shards stand.
        looked: when quiet partitions were last looked after.
        grown: documents that are still to be folded.
        astray: why it must begin anew from where the state stands; "": it need not.
        failure: what ended it.
    """

    def __init__(
        self, session: SparkSession, job: Job, options: Mapping[str, str], route: Route,
        counts: Counts, say: Callable[[str], None],
    ) -> None:  # fmt: skip
        self.channel, self.at = route.channel, dict(route.at)
        self.tracks = {track.partition: track for track in route.tracks}
        self.lock = threading.Lock()
        self.moved: set[Partition] = set()
        self.unloaded: set[Partition] = set()
        self.looked = float("-inf")
        self.grown: SimpleQueue[tuple[Entry, Sequence[bytes]]] = SimpleQueue()
        self.astray = ""
        self.failure: BaseException | None = None
        self._session, self._job, self._counts, self._say = session, job, counts, say
        self._options = {**options, **_where(self.at)}
        self._over = threading.Event()
        self._folder = TemporaryDirectory(prefix="zipline-stream-")
        self._query: StreamingQuery | None = None

    def start(self) -> None:
        """Begin.

        Raises:
            ConfigError: Spark has no Kafka source.
        """
        frame = _source(self._session, self._options)
        writer = frame.writeStream.foreachBatch(self._apply).trigger(processingTime=TRIGGER)
        self._query = writer.option("checkpointLocation", Path(self._folder.name).as_uri()).start()

    def check(self) -> None:
        """Raise what ended it, if something did."""
        if self.failure is not None:
            raise self.failure
        if self._query is not None and not self._query.isActive and not self._over.is_set():
            raise spark_failed(self._query.exception())

    def interrupt(self) -> None:
        """Apply no more than the micro-batch that is being applied."""
        self._over.set()

    def end(self) -> None:
        """End it once the micro-batch is written that is being applied."""
        self._over.set()
        with self.lock:
            pass
        if self._query is not None:
            self._query.stop()
        self._folder.cleanup()

    def _apply(self, frame: DataFrame, number: int) -> None:
        """Apply a micro-batch, on a thread of Spark's; what goes wrong is kept, and nothing is applied after it."""
        with self.lock:
            if self._over.is_set():
                return
            try:
                self._apply_all(frame, self._spans(number))
            except Exception as error:
                self.failure = error if isinstance(error, ZiplineError) else spark_failed(error)
                self._over.set()

    def _apply_all(self, frame: DataFrame, left: dict[Partition, Span]) -> None:
        """Apply spans, those again of which it is said, until nothing is left of them."""
        failures = 0
        while left:
            again = ""
            for answer in self._answers(frame, left):
                self._counts.include(answer.figures)
                self._note(answer, left[answer.partition])
                if answer.outcome == "done":
                    del left[answer.partition]
                again = again or answer.why
            if self.astray or (left and self._over.wait(_WAITS[min(failures, len(_WAITS) - 1)])):
                self._over.set()
                return
            if left and failures == 1:
                self._say(f"trying again: {again}")
            failures += 1

    def _answers(self, frame: DataFrame, spans: Mapping[Partition, Span]) -> Iterator[Answer]:
        """Have tasks apply spans; those that turn out to be without records are moved over here."""
        task = partial(work, self._job, dict(spans))
        with self._counts.stage("wait"):
            rows = frame.select(*COLUMNS).mapInArrow(task, ANSWER).collect()
        answers: list[Answer] = [pickle.loads(row["answer"]) for row in rows]
        told = {answer.partition for answer in answers}
        yield from answers
        for partition, span in [*spans.items()]:
            if partition not in told:
                yield answer_to(self._job, span, iter([nothing(span, self.tracks[partition].watermark)]))

    def _note(self, answer: Answer, span: Span) -> None:
        """Take in what a task says.

        Raises:
            ZiplineError: what must end it.
        """
        if answer.failure is not None:
            kind, message, where, hint = answer.failure
            raise kind(message, where=where, hint=hint)
        track = self.tracks[answer.partition]
        for number, entities in answer.grown:
            self.grown.put((track.entries[number], entities))
        if answer.outcome == "astray":
            self.astray = answer.why
        if answer.outcome == "done":
            self.at[answer.partition] = span.stop
            for entry in track.entries:
                entry.position = max(entry.position, span.stop)
                self._counts.watermark[entry.log] = max(track.watermark, answer.watermark)
            track.watermark = max(track.watermark, answer.watermark)
            self.moved.add(answer.partition)

    def _spans(self, number: int) -> dict[Partition, Span]:
        """Return what a micro-batch spans of each partition that has anything in it."""
        said = (Path(self._folder.name) / "offsets" / str(number)).read_text().splitlines()[-1]
        ends = {
            Partition(topic, int(each)): int(end)
            for topic, ends in json.loads(said).items()
            for each, end in ends.items()
        }
        return {
            partition: Span(partition, self.at[partition], end, _goals(self.tracks[partition]))
            for partition, end in ends.items()
            if end > self.at[partition]
        }


def new_name() -> str:
    """Return a name that no other query has."""
    return uuid.uuid4().hex


def spark_failed(error: object) -> StreamError:
    """Return zipline's error of one that is Spark's."""
    first = next((line for line in str(error).splitlines() if line.strip()), type(error).__name__)
    return StreamError(
        f"the query failed: {first}", where="Spark",
        hint="what was read is written, and nothing is lost: start it again once Spark's log shows no reason not to",
    )  # fmt: skip


def _goals(track: Track) -> tuple[Goal, ...]:
    return tuple(
        Goal(entry.reading.state.title, entry.reading.source_number, entry.fill, entry.position)
        for entry in track.entries
    )


def _where(at: Mapping[Partition, int]) -> dict[str, str]:
    """Return which partitions are read, and from where; an offset that is not there ends the query."""
    offsets: dict[str, dict[str, int]] = {}
    for (topic, number), offset in sorted(at.items()):
        offsets.setdefault(topic, {})[str(number)] = offset
    return {
        "assign": json.dumps({topic: [int(each) for each in numbers] for topic, numbers in offsets.items()}),
        "startingOffsets": json.dumps(offsets),
        "maxOffsetsPerTrigger": str(_RECORDS * max(1, len(at))),
        "failOnDataLoss": "true",
    }


def _source(session: SparkSession, options: Mapping[str, str]) -> DataFrame:
    try:
        return session.readStream.format("kafka").options(**options).load()
    except Exception as error:
        jars = JARS.format(spark=session.version)
        raise ConfigError(
            f"Spark cannot read Kafka: {str(error).splitlines()[0]}", where="[spark]",
            hint=f"it needs the jars {jars}: name the four, with commas between them, as \"spark.jars\" under [spark]",
        ) from error  # fmt: skip
