"""Tasks that write: a lane at a time, from where the store says that it stands, whoever else writes the same."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import pyarrow as pa

from zipline.engines.spark.failures import telling
from zipline.online.executors.lanes import Lanes
from zipline.online.executors.messages import received, unpacked
from zipline.online.protocol.outcome import Outcome
from zipline.online.replayed import no_facts
from zipline.online.state.facts import Facts
from zipline.online.steps import run
from zipline.online.stores.base import Store

ANSWER: Final = "lane int, facts bigint"
"""What a task says of a lane: how many facts it wrote."""


@dataclass(frozen=True)
class WriteLanes:
    """Writes the lanes of one source.

    A task may be run again, or twice at once: each step is taken only where the store stands just before it. Where the
    store has lost what this task has written, its rows are behind it: it ends, and the driver finds what is lacking.

    Attributes:
        lanes: the source's.
        opened: opens the store.
    """

    lanes: Lanes
    opened: Callable[[], Store]

    def __call__(self, batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        """Yield an answer for each lane."""
        with telling():
            store = self.opened()
            try:
                for lane, chunks in received(batches):
                    written = self._write(store, lane, chunks)
                    yield pa.RecordBatch.from_pydict(
                        {"lane": pa.array([lane], pa.int32()), "facts": pa.array([written], pa.int64())}
                    )
            finally:
                store.close()

    def _write(self, store: Store, lane: int, chunks: Iterator[tuple[int, Sequence[bytes]]]) -> int:
        bulk, written = self.lanes.bulk(lane), 0
        first = run(bulk.load(), store)
        for chunk, parts in _all(chunks, self.lanes.chunks):
            if first is None or first < chunk:
                break  # a shard is gone, or what came before is
            if first > chunk:
                continue
            facts = self._facts(parts)
            while first == chunk:
                if run(bulk.write(chunk, facts), store).outcome is Outcome.DONE:
                    written += len(facts)
                    first += 1
                else:
                    first = run(bulk.load(), store)
        return written

    def _facts(self, parts: Sequence[bytes]) -> Facts:
        state, number = self.lanes.state, self.lanes.number
        return unpacked(state, number, parts) if parts else no_facts(state, number)


def _all(chunks: Iterator[tuple[int, Sequence[bytes]]], count: int) -> Iterator[tuple[int, Sequence[bytes]]]:
    """Yield all chunks in order, those without facts among them, which a shard must be told of too."""
    expected = 0
    for chunk, parts in chunks:
        yield from ((empty, ()) for empty in range(expected, chunk))
        yield chunk, parts
        expected = chunk + 1
    yield from ((empty, ()) for empty in range(expected, count))
