"""Apply what was read to the store, on a thread of its own: while it writes one batch the next one is decoded."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from queue import Empty, Full, Queue, SimpleQueue
from typing import Final

from zipline.errors import StoreUnavailable, StreamError
from zipline.online.calls import NOWHERE
from zipline.online.protocol.writing import IDLE_EVERY
from zipline.online.streams.entry_steps import Hand, Parts
from zipline.online.streams.keeping import Keeping
from zipline.online.streams.tracks import Entry, Joined, Load, Loaded, Track, Write

ROUND_SECONDS: Final = 0.25
"""How often quiet tracks are looked after."""
_WAITS: Final = (0.0, 0.05, 0.2, 0.5, 1.0, 2.0)
"""Seconds before a track is loaded again, by how often it failed in a row."""
BEHIND: Final = 50_000
"""Offsets by which a fill is so far behind the others of its partition that it is read apart."""
NEAR: Final = 20_000
"""Offsets at which it is read with them again: as many records are then read twice."""
_DEEP: Final = 2
"""Batches that may wait: more would only make a reload drop more."""


class Applier(threading.Thread):
    """Writes batches, loads positions, and looks after tracks that are quiet and documents that have grown.

    Attributes:
        keeping: looks after documents.
        loaded: answers: where each track is to be read from, and which is no longer read apart.
        failure: what ended it, if something did.
    """

    def __init__(self, parts: Parts) -> None:
        super().__init__(name="zipline-apply", daemon=True)
        self._parts = parts
        self._inbox: Queue[Load | Write | None] = Queue(_DEEP)
        self._tracks: list[Track] = []
        self._retries: dict[int, tuple[float, Track]] = {}
        self.keeping = Keeping(parts.store, parts.counts, parts.now, parts.say)
        self._hand = Hand(parts, self.keeping)
        self._last_round = 0.0
        self.loaded: SimpleQueue[Loaded | Joined] = SimpleQueue()
        self.failure: BaseException | None = None

    def give(self, task: Load | Write | None, waiting: Callable[[], bool] = lambda: True) -> bool:
        """Hand over a task, None to end after those before it; False if `waiting` said so before there was room."""
        while self.failure is None and waiting():
            try:
                self._inbox.put(task, timeout=0.1)
            except Full:
                continue
            return True
        return False

    def run(self) -> None:
        """Work until it is told to end; what goes wrong is kept in `failure`."""
        try:
            while True:
                try:
                    task = self._inbox.get(timeout=ROUND_SECONDS / 2)
                except Empty:
                    pass
                else:
                    if task is None:
                        self._finish()
                        return
                    self._load(task.track) if isinstance(task, Load) else self._write(task)
                self._round()
        except BaseException as error:
            self.failure = error

    def _load(self, track: Track) -> None:
        """Ask the store where a track stands, and have it read from there."""
        if track not in self._tracks:
            self._tracks.append(track)
        self._reload(track, track.entries)

    def _reload(self, track: Track, entries: list[Entry]) -> None:
        """Load entries of a track; where the store does not answer it is tried again later."""
        track.epoch += 1
        track.watermark = NOWHERE  # what was read is read again: until then nothing is claimed of it
        try:
            gone = [entry for entry in entries if not self._hand.load(entry)]
        except StoreUnavailable as error:
            self._later(track, str(error))
            return
        behind = () if track.main is not None else far_behind(track.entries)
        track.entries = [entry for entry in track.entries if entry not in gone and entry not in behind]
        if track.entries:
            position = min(entry.position for entry in track.entries)
            self.loaded.put(Loaded(track, track.epoch, position, behind))

    def _later(self, track: Track, why: str) -> None:
        wait = _WAITS[min(track.failures, len(_WAITS) - 1)]
        if track.failures == 1:
            self._parts.say(f"{track.partition.topic}: trying again: {why}")
        track.failures += 1
        self._retries[id(track)] = (time.monotonic() + wait, track)

    def _write(self, task: Write) -> None:
        """Write a batch to every entry that lacks it; one whose store stands elsewhere is read again."""
        track, batch = task.track, task.batch
        if task.epoch != track.epoch or not track.given:
            return
        try:
            self._hand.tell_poison(track.entries, batch, task.said)
        except StreamError as error:
            track.epoch += 1
            self._later(track, str(error))
            return
        if batch.start == batch.stop:
            for entry in track.entries:
                entry.writer.begins(batch.start)
            self._note(track, max(track.watermark, batch.watermark))
            return
        astray = self._hand.write(track.entries, batch, task.said)
        if astray:
            self._astray(track, astray)
            return
        track.failures = 0
        self._note(track, max(track.watermark, batch.watermark))
        if track.main is not None and track.main.given and is_near(track, track.main):
            self._join(track, track.main)

    def _join(self, track: Track, main: Track) -> None:
        """Read what was far behind with the rest again."""
        track.given = False
        self.loaded.put(Joined(track))
        main.entries = [*main.entries, *track.entries]
        self._reload(main, track.entries)

    def _note(self, track: Track, watermark: int) -> None:
        track.watermark = watermark
        for entry in track.entries:
            self._parts.counts.watermark[entry.log] = watermark

    def _astray(self, track: Track, entries: list[Entry]) -> None:
        self._parts.counts.reloads += 1
        track.epoch += 1
        if track.failures == 0:
            track.failures += 1
            self._reload(track, entries)
        else:
            self._later(track, "the store stands elsewhere than was believed")

    def _round(self) -> None:
        """Look after what is due: retries, quiet tracks, documents that have grown."""
        clock = time.monotonic()
        if clock - self._last_round < ROUND_SECONDS:
            return
        self._last_round = clock
        self._tracks = [track for track in self._tracks if track.given]
        for key, (due, track) in list(self._retries.items()):
            if due <= clock:
                del self._retries[key]
                if track.given:
                    self._reload(track, track.entries)
        for track in self._tracks:
            if id(track) not in self._retries:
                self._look_after(track, self._parts.now())
        self.keeping.work(self._tracks)

    def _finish(self) -> None:
        """Tell every shard how far the logs have been read: who comes next need not guess, nor who reads."""
        for track in self._tracks:
            if track.given and id(track) not in self._retries:
                self._look_after(track, self._parts.now() + IDLE_EVERY)

    def _look_after(self, track: Track, now: int) -> None:
        astray = self._hand.look_after(track.entries, now, track.watermark)
        if astray:
            self._astray(track, astray)


def far_behind(entries: Sequence[Entry]) -> tuple[Entry, ...]:
    """Return the entries that are far behind the foremost one."""
    foremost = max((entry.position for entry in entries), default=NOWHERE)
    return tuple(entry for entry in entries if entry.position + BEHIND < foremost)


def is_near(track: Track, main: Track) -> bool:
    """Return whether what is read apart has nearly come up with the rest."""
    ours, theirs = ([entry.position for entry in each.entries] for each in (track, main))
    return not theirs or min(ours, default=NOWHERE) + NEAR >= min(theirs)
