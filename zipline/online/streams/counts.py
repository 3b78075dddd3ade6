"""What a worker counts of its work, for its progress lines, `--json` and metrics."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from time import perf_counter, thread_time
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from zipline.online.streams.decoding import Reading, Said


class Counts:
    """Figures that several threads add to.

    Attributes:
        records: source -> records that were read.
        facts: view -> facts that were made of them, replays included.
        poison: source -> records that were no rows.
        nobody: `source.column` -> rows that belong to nobody, as that column is null.
        seconds, cpu: stage -> how long it took by the clock, and of the processor.
        reloads: how often the store stood elsewhere than believed.
        compacted: documents.
        lag: log -> offsets behind the end of its partition.
        watermark: log -> microseconds; whatever arrived up to then has been applied.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.records: Counter[str] = Counter()
        self.facts: Counter[str] = Counter()
        self.poison: Counter[str] = Counter()
        self.nobody: Counter[str] = Counter()
        self.seconds: Counter[str] = Counter()
        self.cpu: Counter[str] = Counter()
        self.reloads = 0
        self.compacted = 0
        self.lag: dict[str, int] = {}
        self.watermark: dict[str, int] = {}

    def add(self, counter: Counter[str], name: str, count: float) -> None:
        """Add to one of the counters."""
        with self._lock:
            counter[name] += count  # type: ignore[assignment]

    def note(self, records: int, said: Sequence[tuple[Reading, Said]]) -> None:
        """Count what a batch of records says."""
        for source in {reading.source for reading, _ in said}:
            self.add(self.records, source, records)
        for reading, each in said:
            self.add(self.facts, reading.state.title, len(each.facts))
            for column, count in each.nobody.items():
                self.add(self.nobody, f"{reading.source}.{column}", count)

    def include(self, figures: Mapping[str, Any]) -> None:
        """Add what another counted, as its `figures` tell; lags and watermarks are not added up."""
        for name in ("records", "facts", "poison", "nobody", "seconds", "cpu"):
            for key, count in figures.get(name, {}).items():
                self.add(getattr(self, name), key, count)
        with self._lock:
            self.reloads += figures.get("reloads", 0)
            self.compacted += figures.get("compacted", 0)

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Count the time that the block takes."""
        clock, cpu = perf_counter(), thread_time()
        try:
            yield
        finally:
            self.add(self.seconds, name, perf_counter() - clock)
            self.add(self.cpu, name, thread_time() - cpu)

    def figures(self) -> Mapping[str, Any]:
        """Return everything at one moment, as JSON has it."""
        with self._lock:
            counters = ("records", "facts", "poison", "nobody", "seconds", "cpu", "lag", "watermark")
            found: dict[str, Any] = {name: dict(getattr(self, name)) for name in counters}
        return found | {"reloads": self.reloads, "compacted": self.compacted}
