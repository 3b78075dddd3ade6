"""What is done between micro-batches: quiet shards get their watermarks, and it is read whether the store lost data."""

from __future__ import annotations

import time
from contextlib import suppress

from zipline.errors import StoreUnavailable
from zipline.online.protocol.writing import IDLE_EVERY
from zipline.online.spark.course import Course
from zipline.online.streams.base import LogReader
from zipline.online.streams.entry_steps import Hand
from zipline.online.streams.kafka_reader import check_offset
from zipline.online.streams.tracks import Track


class Quiet:
    """Looks after the partitions of queries; nobody else moves them meanwhile.

    A partition that tasks have just written is left alone: they move and look at all of its shards. Before this
    process writes after them, it asks where the shards stand, and none may stand below what tasks have told.
    """

    def __init__(self, hand: Hand) -> None:
        self._hand = hand

    def look(self, course: Course, reader: LogReader) -> None:
        """Look at where partitions end, and whether the state stands where it was left; the query's lock is held.

        A partition that is read to its end has all that had arrived when that was asked.

        Raises:
            StoreUnavailable, TryAgain: try again later.
            StreamError: a log does not have the offset any more that is to be read.
        """
        course.looked = time.monotonic()
        asked, counts = self._hand.parts.now(), self._hand.parts.counts
        for partition, (first, end) in reader.bounds(list(course.at)).items():
            at, track = course.at[partition], course.tracks[partition]
            check_offset(partition, at, first, end)
            counts.lag |= {entry.log: end - at for entry in track.entries}
            if at == end:
                track.watermark = max(track.watermark, asked)
                for entry in track.entries:
                    entry.writer.begins(at)
                    counts.watermark[entry.log] = track.watermark
        for partition, track in course.tracks.items():
            if partition in course.moved:
                course.moved.discard(partition)
                course.unloaded.add(partition)
            elif not self._is_right(course, track):
                course.astray = "the store stands elsewhere than was believed"

    def finish(self, course: Course) -> None:
        """Tell every shard how far the logs have been read: who comes next need not guess, nor who reads."""
        now = self._hand.parts.now() + IDLE_EVERY
        for partition, track in course.tracks.items():
            with suppress(StoreUnavailable):
                if partition not in course.moved | course.unloaded or self._load(track):
                    self._hand.move(track.entries, now, track.watermark)

    def _is_right(self, course: Course, track: Track) -> bool:
        """Move a quiet partition's shards; return whether the store has what it had."""
        if track.partition in course.unloaded:
            if not self._load(track):
                return False
            course.unloaded.discard(track.partition)
        return not self._hand.look_after(track.entries, self._hand.parts.now(), track.watermark)

    def _load(self, track: Track) -> bool:
        """Ask where a partition's shards stand; return whether none stands below what was written."""
        for entry in track.entries:
            believed = entry.position
            if not self._hand.load(entry) or entry.position < believed:
                return False
        return True
