"""The driver of `zipline stream --engine spark`: has queries apply what they read, and looks after the rest.

Tasks decode, write, and fold what they have seen grow (`task.py`). Here, between micro-batches, is done what is not
about records: the catalog is looked at for fills that come and go, topics for new partitions; quiet shards get their
watermarks; every second it is read whether the store has lost data; documents that tasks left are folded, and shards
are walked through for what time has passed by. None of it grows with the number of records, so one process is enough.

Whatever is not as it was believed ends the queries; new ones begin where the state stands.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from zipline.errors import StoreUnavailable, StreamError
from zipline.online.spark.course import Course, new_name
from zipline.online.spark.job import Job
from zipline.online.spark.options import source_options
from zipline.online.spark.planning import job_of, refuse_pushed, routes
from zipline.online.spark.quiet import Quiet
from zipline.online.spark.task import close_workplaces
from zipline.online.streams.applying import is_near
from zipline.online.streams.base import LogReader, Partition, TryAgain
from zipline.online.streams.counts import Counts
from zipline.online.streams.entry_steps import Hand, Parts
from zipline.online.streams.fill_book import FillBook, Streamed
from zipline.online.streams.kafka_reader import LOOK_SECONDS, check_offset
from zipline.online.streams.keeping import Keeping
from zipline.online.streams.opening import Channel, Place, Streams
from zipline.online.streams.tracks import Track
from zipline.online.streams.wanted import Wanted
from zipline.online.worker import REFRESH_SECONDS

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

_TURN_SECONDS: Final = 0.1
_AGAIN_SECONDS: Final = (0.1, 0.5, 1.0, 2.0, 5.0)


class SparkWorker:
    """Streams into the online store until it is told to stop, as `Worker` does.

    Args:
        session: runs the queries.
        book: knows what is to be written.
        streams: opens what is read.
        parts: of this process.
        job: what tasks are told, without readings and logs.

    Attributes:
        closing: what is closed when it has ended.
    """

    def __init__(
        self, session: SparkSession, book: FillBook, streams: Streams, parts: Parts, job: Job
    ) -> None:
        self.counts: Counts = parts.counts
        self.closing = ExitStack()
        self._session, self._book, self._streams, self._parts, self._job = session, book, streams, parts, job
        self._wanted = Wanted(streams)
        self._keeping = Keeping(parts.store, parts.counts, parts.now, parts.say)
        self._hand = Hand(parts, self._keeping)
        self._quiet = Quiet(self._hand)
        self._stop = threading.Event()
        self._readers: dict[Channel, LogReader] = {}
        self._courses: list[Course] = []
        self._streamed: tuple[Streamed, ...] = ()
        self._known: dict[Place, tuple[Partition, ...]] = {}
        self._refreshed = float("-inf")
        self._failures = 0

    def is_caught_up(self, moment: int) -> bool:
        """Return whether all that had arrived by a moment (microseconds) has been applied."""
        tracks = self._tracks()
        return bool(tracks) and all(track.watermark >= moment for track in tracks)

    def stop(self) -> None:
        """End soon: what was read is written."""
        self._stop.set()

    def run(self, tick: Callable[[], None] = lambda: None) -> None:
        """Work until `stop`, then close what `closing` holds.

        Args:
            tick: called several times in a second.

        Raises:
            ConfigError: Spark has no Kafka source, or an option of Kafka no counterpart.
            StreamError: a log does not have the offset that must be read, or the query failed.
            OnlineError: what the store holds is not what zipline stores.
        """
        try:
            while not self._stop.is_set():
                self._turn()
                tick()
                self._stop.wait(_TURN_SECONDS)
        finally:
            self._end_courses()
            for reader in self._readers.values():
                reader.close()
            close_workplaces()
            self._parts.dead.close()
            self.closing.close()

    def _turn(self) -> None:
        """Do what is due; where the store or the broker does not answer, all begins anew a little later."""
        try:
            if self._courses:
                self._follow()
            self._refresh()
            self._failures = 0
        except (StoreUnavailable, TryAgain) as error:
            self._again(f"trying again: {error.message}")

    def _again(self, why: str) -> None:
        if self._failures == 0:
            self._parts.say(why)
        self._end_courses()
        self._stop.wait(_AGAIN_SECONDS[min(self._failures, len(_AGAIN_SECONDS) - 1)])
        self._failures += 1

    def _follow(self) -> None:
        """See how the queries do, and do what they leave."""
        for course in self._courses:
            self._check(course)
            while not course.grown.empty():
                self._keeping.grown(*course.grown.get())
        astray = [course.astray for course in self._courses if course.astray]
        if astray or any(track.main and is_near(track, track.main) for track in self._tracks()):
            self.counts.reloads += len(astray)
            self._end_courses()
            return
        for course in self._courses:
            if time.monotonic() - course.looked >= LOOK_SECONDS and course.lock.acquire(
                timeout=_TURN_SECONDS
            ):
                try:
                    self._quiet.look(course, self._reader(course.channel))
                finally:
                    course.lock.release()
        self._keeping.work(self._tracks())

    def _check(self, course: Course) -> None:
        """Raise what ended a query; of a log that has lost records, as every reader says it."""
        try:
            course.check()
        except StreamError:
            for partition, bounds in self._reader(course.channel).bounds(list(course.at)).items():
                check_offset(partition, course.at[partition], *bounds)
            raise

    def _refresh(self) -> None:
        """Look at the catalog and the topics; where anything else is to be read or written, begin anew."""
        if time.monotonic() - self._refreshed < REFRESH_SECONDS:
            return
        streamed = self._book.read()
        refuse_pushed(streamed)
        known = {place: self._partitions(place) for place in self._wanted.places(streamed)}
        if not self._courses or (streamed, known) != (self._streamed, self._known):
            self._end_courses()
            for view in streamed if streamed != self._streamed else ():
                if not view.fills:
                    name = view.state.view.name
                    self._parts.say(f"{view.state.title} waits for its history: zipline materialize {name}")
            self._streamed, self._known = streamed, known
            self._begin()
        self._refreshed = time.monotonic()

    def _begin(self) -> None:
        streamed = self._streamed
        places = {
            (reading.state.title, reading.source_number): place
            for place, readings in self._wanted.places(streamed).items()
            for reading in readings
        }
        logs = {each.state.title: self._wanted.logs(each.state, self._partitions) for each in streamed}
        self._keeping.logs = logs
        for channel, topics in self._wanted.topics(streamed).items():
            reader = self._reader(channel)
            for route in routes(channel, topics, reader, streamed, self._hand.load):
                job = job_of(replace(self._job, name=new_name(), logs=logs), route, places)
                options = source_options(dict(channel.options))
                course = Course(self._session, job, options, route, self.counts, self._parts.say)
                self._courses.append(course)
                course.start()
            # The client asks only about topics that it reads how many partitions they have by now.
            reader.assign([each for topic in topics for each in reader.partitions(topic)])

    def _end_courses(self) -> None:
        """End all queries; what they read is written, and every shard is told how far that was."""
        courses, self._courses = self._courses, []
        self._refreshed = float("-inf")
        for course in courses:
            course.interrupt()
        for course in courses:
            course.end()
            if course.failure is None and not course.astray:
                self._quiet.finish(course)

    def _tracks(self) -> list[Track]:
        return [track for course in self._courses for track in course.tracks.values()]

    def _reader(self, channel: Channel) -> LogReader:
        if channel not in self._readers:
            self._readers[channel] = self._streams.reader(channel, None)
        return self._readers[channel]

    def _partitions(self, place: Place) -> tuple[Partition, ...]:
        return self._reader(place.channel).partitions(place.topic)
