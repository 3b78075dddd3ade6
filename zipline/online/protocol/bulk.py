"""Load history into a fill: a pseudo-partition of chunks through the same appends, resumed where the store stands."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TypeAlias

from zipline.errors import StoreUnavailable
from zipline.online.calls import NOWHERE, Append, Gone, Meta, ReadMeta, SetReady
from zipline.online.fills import Fill
from zipline.online.protocol.blind import is_applied
from zipline.online.protocol.bulk_moving import PARTS, MovingBulk, held, stored_progress
from zipline.online.protocol.compacting import LEAD
from zipline.online.protocol.filling import first_floor
from zipline.online.protocol.outcome import Outcome, Written
from zipline.online.state import document
from zipline.online.state.facts import Facts
from zipline.online.state.keys import shard_number
from zipline.online.state.view_state import ViewState
from zipline.online.steps import Steps
from zipline.online.stores.meaning import MOST_DELTAS

Delta: TypeAlias = tuple[bytes, bytes, Mapping[bytes, bytes]]


def bulk_log(source: str) -> str:
    """Return what the bulk load of a source is called in `Meta.bulk`."""
    return f"bulk:{source}"


class Bulk:
    """Loads the history of one source into one fill.

    The chunks 0, 1, ... are fixed by the snapshot of the table: the same numbers are the same rows after a restart.
    Rows of sources without ids are those with knowledge time <= the fill's cut, and all of them: the caller sees to
    it. Of sources with ids it does not matter where the stream takes over.

    Several may load one source at once, each its own part. Without ids that move, a part is of some shards, and which
    parts there are matters to nobody: each shard keeps how far it is. With ids that move any shard may be told
    something by any row: a part has a log of its own, as the partitions of a topic have, and holds all versions of its
    ids, so that no other part changes what the index says of them meanwhile.

    Args:
        state: the view's.
        fill: where to.
        source: whose rows.
        shards: those that are written; all unless given.
        part: what this part of the rows is called, where ids move and there are several.
    """

    def __init__(
        self,
        state: ViewState,
        fill: Fill,
        source: str,
        *,
        shards: Sequence[int] | None = None,
        part: str | None = None,
    ) -> None:
        self.state, self.fill = state, fill
        self.log = bulk_log(source if part is None else f"{source}:{part}")
        self._shards = range(fill.shards) if shards is None else shards
        self._progress: dict[int, int] = {}
        (read,) = (each for each in state.sources if each.name == source)
        self._moving = MovingBulk(state, fill, self.log) if read.id and read.moves else None

    def load(self) -> Steps[int | None]:
        """Return the first chunk that some shard still lacks; None: a shard is missing, `filling.start` again.

        Raises:
            StoreUnavailable: the store is down or slow.
        """
        self._progress = {}
        metas = yield from _metas(self.fill, self._shards)
        if metas is None:
            return None
        self._progress = {
            number: held(meta.bulk, self.log) for number, meta in zip(self._shards, metas, strict=True)
        }
        if self._moving is not None:
            self._moving.adopt(metas)
            return max(self._moving.least(), 0) // PARTS
        return min(self._progress.values()) // PARTS

    def write(self, chunk: int, facts: Facts) -> Steps[Written]:
        """Write a chunk; after `Outcome.RELOAD` call `load` and go on with the chunk that it says."""
        if not self._progress:
            return Written(Outcome.RELOAD)
        try:
            outcome = yield from (self._write if self._moving is None else self._moving.write_chunk)(
                chunk, facts
            )
        except StoreUnavailable:
            outcome = Outcome.RELOAD
        if outcome is not Outcome.DONE:
            self._progress = {}
        return Written(outcome)

    def _write(self, chunk: int, facts: Facts) -> Steps[Outcome]:
        shards: dict[int, list[Delta]] = {number: [] for number in self._shards}
        for made in document.bulk_deltas(
            self.state, facts, floor=first_floor(self.fill), lead=self.fill.history + LEAD
        ):
            shards[shard_number(made[0], self.fill.shards)].append(made)
        for number, deltas in shards.items():
            outcome = yield from self._write_shard(number, chunk, sorted(deltas, key=lambda each: each[0]))
            if outcome is not Outcome.DONE:
                return outcome
        return Outcome.DONE

    def _write_shard(self, number: int, chunk: int, deltas: Sequence[Delta]) -> Steps[Outcome]:
        for start, stop, part in _steps(chunk, deltas):
            if self._progress[number] >= stop:
                continue
            if self._progress[number] != start:
                return Outcome.RELOAD
            answer = yield Append(
                self.fill.shard(number), self.log, stored_progress(start), stop, NOWHERE,
                tuple([(entity, delta) for entity, delta, _ in part]),
                tuple([(entity, *segment) for entity, _, segments in part for segment in segments.items()]),
                bulk=True,
            )  # fmt: skip
            if isinstance(answer, Gone):
                return Outcome.GONE
            if not answer.done and not is_applied(answer.stored, stop):
                return Outcome.RELOAD
            self._progress[number] = stop
        return Outcome.DONE


def set_ready(fill: Fill, chunks: Mapping[str, int]) -> Steps[bool]:
    """Let the fill be read, if every shard still holds all chunks of every source; return whether it may.

    Where a store has lost part of it, its shards' progress says so: go on with `Bulk.load`.

    Args:
        fill: which.
        chunks: source, or `source:part` -> how many chunks it has; none for a fill without history.
    """
    wanted = tuple((bulk_log(source), stored_progress(count * PARTS)) for source, count in chunks.items())
    for shard in fill.all_shards:
        if not (yield SetReady(shard, wanted)):
            return False
    return True


def _steps(chunk: int, deltas: Sequence[Delta]) -> Iterator[tuple[int, int, Sequence[Delta]]]:
    """Yield (progress before, progress after, deltas) of the steps that write a chunk to one shard: one at least."""
    parts = [deltas[at : at + MOST_DELTAS] for at in range(0, len(deltas), MOST_DELTAS)] or [()]
    for at, part in enumerate(parts):
        last = at == len(parts) - 1
        yield chunk * PARTS + at, (chunk + 1) * PARTS if last else chunk * PARTS + at + 1, part


def _metas(fill: Fill, shards: Sequence[int]) -> Steps[list[Meta] | None]:
    """Return what each of some shards says; None: one is missing."""
    metas = []
    for number in shards:
        meta: Meta | None = yield ReadMeta(fill.shard(number))
        if meta is None:
            return None
        metas.append(meta)
    return metas
