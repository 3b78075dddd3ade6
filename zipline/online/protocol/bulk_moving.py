"""Load history of ids that may move: through the id index, as the stream is, with rows numbered across chunks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from zipline.errors import OnlineError
from zipline.online.calls import NOWHERE, Append, Gone, Meta
from zipline.online.protocol.indexing import Indexed
from zipline.online.protocol.outcome import Outcome
from zipline.online.protocol.runs import runs
from zipline.online.state.byte_column import byte_array
from zipline.online.state.facts import Facts
from zipline.online.steps import Steps

PARTS: Final = 1 << 24
"""Steps that one chunk may take on one shard; progress counts chunks times this, plus steps, or rows of the chunk."""


def held(progress: Mapping[str, int], log: str) -> int:
    """Return how far a shard is with a bulk load."""
    return max(progress.get(log, NOWHERE), 0)


def stored_progress(progress: int) -> int:
    """Return what is stored at some progress: nothing at first."""
    return progress or NOWHERE


class MovingBulk(Indexed):
    """Writes chunks of versions to documents and index; nothing is said of watermarks."""

    def adopt(self, metas: Sequence[Meta]) -> None:
        """Believe what the shards say."""
        super().adopt(metas)
        self.expected = [meta.bulk.get(self.log, NOWHERE) for meta in metas]

    def write_chunk(self, chunk: int, facts: Facts) -> Steps[Outcome]:
        """Write a chunk.

        Its rows are numbered in an order of their own, whatever order they are given in: progress counts them. A shard
        holds the chunk when its part of the index has it too: that is said last, and so is ready what `SetReady` finds
        there.
        """
        start, stop = chunk * PARTS, (chunk + 1) * PARTS
        if len(facts) >= PARTS:
            raise OnlineError(
                f"a chunk of {len(facts)} rows is too large", hint=f"at most {PARTS - 1} are possible"
            )
        facts = facts.take(_order(facts))
        numbered = replace(facts, positions=np.arange(start, start + len(facts), dtype=np.int64))
        rest = numbered.take(self.lacking(numbered))
        assert rest.positions is not None
        for rows, end in runs(rest.positions, stop - 1, *self.places(rest)):
            outcome = yield from self.write(rest.take(np.arange(rows.start, rows.stop)), end, NOWHERE)
            if outcome is not Outcome.DONE:
                return outcome
        return (yield from self.advance(stop, NOWHERE))

    def append(
        self, number: int, stop: int, watermark: int, deltas: Sequence[tuple[bytes, bytes]]
    ) -> Steps[Outcome]:
        """Append facts to a shard and move its progress, unless it is farther already."""
        start = self.expected[number]
        stop = max(start, stop)
        call = Append(self.fill.shard(number), self.log, start, stop, watermark, tuple(deltas), bulk=True)
        answer = yield call
        if isinstance(answer, Gone):
            return Outcome.GONE
        if not answer.done:
            return Outcome.RELOAD
        self.expected[number] = stop
        return Outcome.DONE


def _order(facts: Facts) -> NDArray[np.int64]:
    """Return the order of versions: by id, knowledge time, rank; those that are equal in these are one version."""
    assert facts.ids is not None
    assert facts.ranks is not None
    columns = {"id": byte_array(facts.ids), "known": pa.array(facts.known), "rank": byte_array(facts.ranks)}
    keys = [(name, "ascending") for name in columns]
    return np.asarray(pc.sort_indices(pa.table(columns), sort_keys=keys).to_numpy(), np.int64)
