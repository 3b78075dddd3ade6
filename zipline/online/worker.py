"""The worker of `zipline stream`: reads partitions, decodes them, and has them applied to every fill that wants them.

One process may write many views from many logs. Processes share partitions through the consumer group; where to read
on is what the shards say, so that a partition may change hands, or be read twice, at any moment.
"""

from __future__ import annotations

import hashlib
import threading
import time
from collections.abc import Callable, Iterable
from contextlib import ExitStack
from functools import partial
from typing import Final

from zipline.errors import StoreUnavailable, StreamError
from zipline.online.streams.applying import Applier
from zipline.online.streams.base import Batch, LogReader, Partition, TryAgain
from zipline.online.streams.counts import Counts
from zipline.online.streams.decoding import Reading, Readings, Said
from zipline.online.streams.entry_steps import Parts
from zipline.online.streams.fill_book import FillBook, Streamed
from zipline.online.streams.lanes import Lane, Lanes, Topics
from zipline.online.streams.opening import Channel, Place, Streams
from zipline.online.streams.tracks import Entry, Joined, Load, Loaded, Write
from zipline.online.streams.wanted import Wanted, entries_of

REFRESH_SECONDS: Final = 5.0
"""How often the catalog is looked at for fills that came or went."""
_POLL_SECONDS: Final = 0.1
_AGAIN_SECONDS: Final = (0.1, 0.5, 1.0, 2.0, 5.0)


class Worker:
    """Streams into the online store until it is told to stop.

    Args:
        book: knows what is to be written.
        streams: opens what is read.
        parts: what the applying thread works with.
        rows: of a micro-batch, at most about: the fewer keys come anew in each, the less is written.

    Attributes:
        closing: what is closed when it has ended.
    """

    def __init__(self, book: FillBook, streams: Streams, parts: Parts, rows: int = 40_000) -> None:
        self.counts: Counts = parts.counts
        self._book, self._streams, self._parts, self._rows = book, streams, parts, rows
        self.closing = ExitStack()
        self._applier = Applier(parts)
        self._stop = threading.Event()
        self._wanted = Wanted(streams)
        self._channels: dict[Channel, Lanes] = {}
        self._streamed: tuple[Streamed, ...] = ()
        self._refreshed = -REFRESH_SECONDS

    def is_caught_up(self, moment: int) -> bool:
        """Return whether all that had arrived by a moment (microseconds) in the logs that are ours has been applied."""
        lanes = [[track for _, track in lane.tracks.values()] for lane in self._lanes()]
        return bool(lanes) and all(
            own and all(track.watermark >= moment for track in own if track.entries) for own in lanes
        )

    def stop(self) -> None:
        """End soon: what was read is written, what was not is left to others."""
        self._stop.set()

    def run(self, tick: Callable[[], None] = lambda: None) -> None:
        """Work until `stop`, then close what `closing` holds.

        Args:
            tick: called several times in a second.

        Raises:
            StreamError: a log does not have the offset that must be read, or refuses us.
            OnlineError: what the store holds is not what zipline stores.
        """
        self._applier.start()
        try:
            while not self._stop.is_set():
                self._turn()
                tick()
        except TryAgain:
            if not self._stop.is_set():
                raise
        finally:
            self._applier.give(None)
            self._applier.join()
            for each in self._channels.values():
                each.close()
            self._parts.dead.close()
            self.closing.close()
        if self._applier.failure is not None:
            raise self._applier.failure

    def _turn(self) -> None:
        if self._applier.failure is not None:
            self.stop()
            return
        self._refresh()
        if not self._channels:
            self._stop.wait(_POLL_SECONDS)
        for each in self._channels.values():
            each.settle()
        while not self._applier.loaded.empty():
            self._follow(self._applier.loaded.get())
        for each in self._channels.values():
            for lane in each.all:
                for batch in self._polled(lane.reader):
                    self._hand_over(each, lane, batch)
        self._note_lags()

    def _lanes(self) -> list[Lane]:
        return [lane for each in self._channels.values() for lane in each.all]

    def _refresh(self) -> None:
        """Look at the catalog; where other views or fills are to be written, begin anew with all partitions."""
        if time.monotonic() - self._refreshed < REFRESH_SECONDS:
            return
        self._refreshed = time.monotonic()
        try:
            streamed = self._book.read()
            if streamed != self._streamed:
                self._begin(streamed, self._group())
        except StoreUnavailable as error:
            self._parts.say(f"trying again: {error.message}")
            return
        self._applier.keeping.logs = {
            view.state.title: self._wanted.logs(view.state, self._partitions) for view in streamed
        }

    def _begin(self, streamed: tuple[Streamed, ...], group: str) -> None:
        self._streamed = streamed
        for view in streamed:
            if not view.fills:
                self._parts.say(
                    f"{view.state.title} waits for its history: zipline materialize {view.state.view.name}"
                )
        for channel, topics in self._wanted.topics(streamed).items():
            if channel not in self._channels:
                main = Lane(self._streams.reader(channel, group))
                behind = partial(self._streams.reader, channel, None)
                self._channels[channel] = Lanes(main, behind, self._entries, self._give)
            self._channels[channel].read(topics)

    def _group(self) -> str:
        """Return the consumer group: of this store, and of workers that write the same views."""
        names = ",".join(sorted(self._book.names))
        return self._book.group() + (f"-{hashlib.sha256(names.encode()).hexdigest()[:8]}" if names else "")

    def _partitions(self, place: Place) -> tuple[Partition, ...]:
        """Return the partitions of a place, none while they cannot be told."""
        lanes = self._channels.get(place.channel)
        try:
            return lanes.main.reader.partitions(place.topic) if lanes else ()
        except StreamError:
            return ()

    def _entries(self, partition: Partition, topics: Topics) -> list[Entry]:
        return entries_of(partition, topics, self._streamed)

    def _follow(self, told: Loaded | Joined) -> None:
        """Do what the applier says: read from a position, or no longer apart."""
        track = told.track
        lanes, lane = next(
            ((each, lane) for each in self._channels.values() if (lane := each.lane_of(track)) is not None),
            (None, None),
        )
        if lanes is None or lane is None:
            return
        if isinstance(told, Joined):
            lanes.join(track)
            return
        if told.behind:
            lanes.put_behind(told)
        if told.epoch != track.epoch:
            return
        try:
            lane.seek(told)
        except TryAgain as error:
            self._parts.say(f"trying again: {error.message}")
            self._give(Load(track))

    def _polled(self, reader: LogReader) -> Iterable[Batch]:
        with self.counts.stage("poll"):
            try:
                return reader.poll(_POLL_SECONDS / len(self._lanes()), self._rows)
            except TryAgain as error:
                self._parts.say(f"trying again: {error.message}")
                self._stop.wait(_AGAIN_SECONDS[1])
                return []

    def _hand_over(self, each: Lanes, lane: Lane, batch: Batch) -> None:
        """Decode a batch and have it written."""
        track = lane.track(batch.partition)
        if track is None or track.sought != track.epoch:
            return
        said: list[tuple[Reading, Said]] = []
        if batch.stop > batch.start:
            for readings in each.topics[batch.partition.topic]:
                said += zip(readings.readings, self._said(readings, batch), strict=True)
            self.counts.note(len(batch), said)
        self._give(Write(track, track.sought, batch, said))

    def _said(self, readings: Readings, batch: Batch) -> list[Said]:
        """Decode a batch; while something else than its records stands in the way, wait."""
        failures = 0
        while True:
            try:
                with self.counts.stage("decode"):
                    return readings.said(batch)
            except TryAgain as error:
                if failures == 0:
                    self._parts.say(f"trying again: {error.message}")
                if self._stop.wait(_AGAIN_SECONDS[min(failures, len(_AGAIN_SECONDS) - 1)]):
                    raise
                failures += 1

    def _give(self, task: Load | Write) -> None:
        with self.counts.stage("wait"):
            self._applier.give(task, lambda: not self._stop.is_set())

    def _note_lags(self) -> None:
        lags: dict[str, int] = {}
        for each in self._channels.values():
            for partition, lag in (pair for lane in each.all for pair in lane.reader.lags().items()):
                for readings in each.topics.get(partition.topic, ()):
                    for reading in readings.readings:
                        log = partition.log(reading.source)
                        lags[log] = max(lag, lags.get(log, 0))
        self.counts.lag = lags
