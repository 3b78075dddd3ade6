"""Lanes: what one worker reads of one channel, and apart from it what is read again for a fill that is far behind.

A fill that is made while others are written begins where the log does. Were it read by the reader of the others, they
would stand still until it has caught up; so it has a reader of its own until then.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from zipline.online.calls import NOWHERE
from zipline.online.streams.base import LogReader, Partition
from zipline.online.streams.decoding import Readings
from zipline.online.streams.tracks import Entry, Load, Loaded, Track

Topics = Mapping[str, tuple[Readings, ...]]
"""Topic -> the readings of its records, those of one format together."""
Give = Callable[[Load], None]


@dataclass
class Lane:
    """A reader, and the partitions that it has now, each with how often it got it."""

    reader: LogReader
    tracks: dict[Partition, tuple[int, Track]] = field(default_factory=dict)

    def track(self, partition: Partition) -> Track | None:
        """Return what is read of a partition."""
        return self.tracks.get(partition, (0, None))[1]

    def settle(self, make: Callable[[Partition], Track | None], give: Give) -> list[Partition]:
        """Begin with partitions that were given, and let go of those that were taken, which are returned."""
        given = self.reader.assignment()
        gone = [each for each, (times, _) in self.tracks.items() if given.get(each) != times]
        for partition in gone:
            self.drop(partition)
        for partition, times in given.items():
            if partition not in self.tracks and (track := make(partition)) is not None:
                self.tracks[partition] = (times, track)
                give(Load(track))
        return gone

    def drop(self, partition: Partition) -> None:
        """Let go of a partition."""
        _, track = self.tracks.pop(partition)
        track.given = False

    def seek(self, loaded: Loaded) -> None:
        """Read a track from where its fills stand.

        Raises:
            TryAgain: the broker does not answer.
            StreamError: the log does not have that offset.
        """
        partition, position = loaded.track.partition, loaded.position
        if position == NOWHERE:
            position = self.reader.bounds([partition])[partition][0]
        self.reader.seek(partition, position)
        loaded.track.sought = loaded.epoch


@dataclass
class Lanes:
    """A channel's lanes.

    Attributes:
        main: shares the topics with other workers.
        open_behind: opens a reader for what is far behind.
        entries: makes the entries of a partition.
        give: hands a track over to be loaded.
        topics: what is read.
        behind: reads what is far behind, where there is anything.
        waiting: partition -> what is far behind in it.
    """

    main: Lane
    open_behind: Callable[[], LogReader]
    entries: Callable[[Partition, Topics], list[Entry]]
    give: Give
    topics: Topics = field(default_factory=dict)
    behind: Lane | None = None
    waiting: dict[Partition, list[Entry]] = field(default_factory=dict)

    @property
    def all(self) -> list[Lane]:
        """The lanes that there are."""
        return [self.main] if self.behind is None else [self.main, self.behind]

    def read(self, topics: Topics) -> None:
        """Read these topics, all of them anew."""
        if set(topics) != set(self.topics):
            self.main.reader.subscribe(sorted(topics))
        self.topics = topics
        self.start_anew()

    def start_anew(self) -> None:
        """Let go of all partitions; those that are still ours are begun again."""
        for partition in list(self.main.tracks):
            self.main.drop(partition)
        self.waiting.clear()
        self._share_out()

    def settle(self) -> None:
        """Begin with partitions that were given, and let go of those that were taken."""
        gone = self.main.settle(self._track, self.give)
        before = len(self.waiting)
        for partition in gone:
            self.waiting.pop(partition, None)
        if len(self.waiting) < before:
            self._share_out()
        if self.behind is not None:
            self.behind.settle(self._track_behind, self.give)

    def lane_of(self, track: Track) -> Lane | None:
        """Return the lane that reads a track; None where it was let go of."""
        return next((lane for lane in self.all if lane.track(track.partition) is track), None)

    def put_behind(self, loaded: Loaded) -> None:
        """Read what is far behind in a partition apart from the rest."""
        self.waiting.setdefault(loaded.track.partition, []).extend(loaded.behind)
        self._share_out()

    def join(self, track: Track) -> None:
        """Stop to read a track apart: the main lane has taken it in."""
        if self.waiting.pop(track.partition, None):
            self._share_out()

    def close(self) -> None:
        """Close the readers."""
        for lane in self.all:
            lane.reader.close()

    def _share_out(self) -> None:
        """Read apart exactly what waits; all of it is sought again."""
        if self.behind is not None:
            for partition in list(self.behind.tracks):
                self.behind.drop(partition)
        if not self.waiting:
            if self.behind is not None:
                self.behind.reader.close()
                self.behind = None
            return
        if self.behind is None:
            self.behind = Lane(self.open_behind())
        self.behind.reader.assign(sorted(self.waiting))

    def _track(self, partition: Partition) -> Track | None:
        if partition.topic not in self.topics:
            return None
        of = len(self.main.reader.partitions(partition.topic))
        return Track(partition, self.entries(partition, self.topics), of)

    def _track_behind(self, partition: Partition) -> Track | None:
        main = self.main.track(partition)
        if main is None or partition not in self.waiting:
            return None
        return Track(partition, self.waiting[partition], main.of, main=main)
