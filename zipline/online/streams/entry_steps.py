"""What one partition says to the store: positions loaded, batches written with their offset, quiet shards moved.

Whoever has a partition takes these steps: the worker's applying thread, or a task of another engine's.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from zipline.online.protocol.outcome import Outcome, Written
from zipline.online.steps import Steps, run
from zipline.online.stores.base import Store
from zipline.online.streams.base import Batch
from zipline.online.streams.counts import Counts
from zipline.online.streams.dead_letters import DeadLetters, Letter
from zipline.online.streams.decoding import Reading, Said
from zipline.online.streams.fill_book import FillBook
from zipline.online.streams.keeping import Keeping
from zipline.online.streams.tracks import Entry


@dataclass
class Parts:
    """What is worked with."""

    store: Store
    book: FillBook
    dead: DeadLetters
    counts: Counts
    now: Callable[[], int]
    say: Callable[[str], None]


@dataclass
class Hand:
    """Writes what partitions say to their entries.

    Attributes:
        keeping: is told of documents that have grown.
    """

    parts: Parts
    keeping: Keeping

    def load(self, entry: Entry) -> bool:
        """Ask the store where an entry stands; return whether its fill is still there.

        Raises:
            StoreUnavailable: try again later.
        """
        for _ in range(2):
            position = run(entry.writer.load(self.parts.now()), self.parts.store)
            if position is not None:
                entry.position = position
                return True
            if not self.parts.book.restore(entry.fill):
                break
            self.parts.say(f"{entry.fill.name}: the store had lost it; it is filled from the log's beginning")
        return False

    def write(
        self, entries: Sequence[Entry], batch: Batch, said: Sequence[tuple[Reading, Said]]
    ) -> list[Entry]:
        """Write a batch to every entry that lacks it; return those whose store stands elsewhere."""
        facts = {id(reading): each.facts for reading, each in said}
        astray = []
        with self.parts.counts.stage("write"):
            for entry in entries:
                steps = entry.writer.write(facts[id(entry.reading)], batch.start, batch.stop, batch.watermark)
                if not self._went_well(entry, steps):
                    astray.append(entry)
                    continue
                entry.position = max(entry.position, batch.stop)
        return astray

    def move(self, entries: Sequence[Entry], now: int, watermark: int) -> list[Entry]:
        """Move shards without events, if it is time to; return the entries whose store stands elsewhere."""
        return [each for each in entries if not self._went_well(each, each.writer.idle(now, watermark))]

    def look_after(self, entries: Sequence[Entry], now: int, watermark: int) -> list[Entry]:
        """Move quiet shards and look whether the store has lost data, each if it is time to; return who is astray."""
        return [
            entry
            for entry in entries
            if not (
                self._went_well(entry, entry.writer.idle(now, watermark))
                and self._went_well(entry, entry.writer.reread(now))
            )
        ]

    def tell_poison(
        self, entries: Sequence[Entry], batch: Batch, said: Sequence[tuple[Reading, Said]]
    ) -> None:
        """Keep the records that some entry still lacks and that are no rows, before their offset is passed.

        Raises:
            StreamError: their place does not take them.
        """
        reasons: dict[tuple[str, int], dict[str, str]] = {}
        for reading, each in said:
            if not each.poison:
                continue
            least = min(entry.position for entry in entries if entry.reading is reading)
            for poison in each.poison:
                if poison.offset >= least:
                    views = reasons.setdefault((reading.source, poison.offset), {})
                    views.setdefault(reading.state.title, poison.reason)
        if not reasons:
            return
        for source, _ in reasons:
            self.parts.counts.add(self.parts.counts.poison, source, 1)
        ordered = sorted(reasons.items())
        places = np.searchsorted(batch.positions, [offset for (_, offset), _ in ordered])
        self.parts.dead.write(
            [
                Letter(source, batch.partition, offset, why, batch.values[int(at)] or b"")
                for ((source, offset), why), at in zip(ordered, places, strict=True)
            ]
        )

    def _went_well(self, entry: Entry, steps: Steps[Written]) -> bool:
        written = run(steps, self.parts.store)
        self.keeping.grown(entry, written.grown)
        return written.outcome is Outcome.DONE
