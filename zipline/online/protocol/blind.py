"""Blind appends to the documents of one fill: what each shard is believed to hold of a log, and steps that move it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from zipline.online.calls import NOWHERE, Append, Applied, Gone, Meta
from zipline.online.fills import Fill
from zipline.online.protocol.outcome import Outcome
from zipline.online.protocol.runs import Places, after_cut, unapplied
from zipline.online.state import document
from zipline.online.state.facts import Facts
from zipline.online.state.keys import shard_numbers
from zipline.online.state.packing import coded
from zipline.online.state.view_state import ViewState
from zipline.online.steps import Steps

COMPACT_AT: Final = 64 * 1024
"""Bytes of a document at which it should be compacted: readers fetch all of it."""


class Blind:
    """Writes facts of one log to documents without reading them.

    Attributes:
        expected: shard -> the offset that it is believed to hold.
        grown: entities whose documents have passed `COMPACT_AT` since this was last emptied.
    """

    def __init__(self, state: ViewState, fill: Fill, log: str) -> None:
        self.state, self.fill, self.log = state, fill, log
        self.expected: list[int] = []
        self.grown: set[bytes] = set()
        self._cut: int | None = None
        self._marks: list[int] = []
        self._due: dict[bytes, int] = {}

    def adopt(self, metas: Sequence[Meta]) -> None:
        """Believe what the shards say."""
        self.expected = [stored(meta, self.log).offset for meta in metas]
        self._marks = [stored(meta, self.log).watermark for meta in metas]
        self._cut = metas[0].cut

    def agrees(self, metas: Sequence[Meta]) -> bool:
        """Return whether the shards hold what is believed."""
        return self.expected == [stored(meta, self.log).offset for meta in metas]

    def least(self) -> int:
        """Return the offset from which some shard lacks events."""
        return min(self.expected)

    def lacking(self, facts: Facts) -> NDArray[np.bool_]:
        """Return which rows are to be written."""
        assert facts.positions is not None
        documents = self.placed(facts.entities)
        shards = documents.shards[documents.codes]
        return unapplied(facts.positions, shards, self.expected) & after_cut(facts, self._cut)

    def places(self, facts: Facts) -> Sequence[Places]:
        """Return what counts for how much a step touches."""
        return (self.placed(facts.entities),)

    def placed(self, keys: Sequence[bytes | None]) -> Places:
        """Return where the keys of rows are; a row without one is put somewhere, as only its id matters."""
        names, codes = coded(keys)
        return Places(codes, shard_numbers([*names, b""], self.fill.shards))

    def write(self, facts: Facts, stop: int, watermark: int) -> Steps[Outcome]:
        """Write a run of rows, which ends before the offset `stop`, to the shards that they are in."""
        for number, deltas in self.by_shard(document.deltas(self.state, facts)).items():
            outcome = yield from self.append(number, stop, watermark, deltas)
            if outcome is not Outcome.DONE:
                return outcome
        return Outcome.DONE

    def advance(self, stop: int, watermark: int) -> Steps[Outcome]:
        """Move every shard to an offset up to which it lacks nothing."""
        for number in range(self.fill.shards):
            if self.expected[number] < stop or (
                self.expected[number] == stop and self._marks[number] < watermark
            ):
                outcome = yield from self.append(number, stop, watermark, [])
                if outcome is not Outcome.DONE:
                    return outcome
        return Outcome.DONE

    def append(
        self, number: int, stop: int, watermark: int, deltas: Sequence[tuple[bytes, bytes]]
    ) -> Steps[Outcome]:
        """Append to a shard and move its offset, in one step."""
        start = self.expected[number]
        answer = yield Append(self.fill.shard(number), self.log, start, stop, watermark, tuple(deltas))
        if isinstance(answer, Gone):
            return Outcome.GONE
        if not answer.done and not is_applied(answer.stored, stop):
            return Outcome.RELOAD
        self.expected[number], self._marks[number] = stop, watermark
        self.note(deltas, answer.sizes)
        return Outcome.DONE

    def by_shard(self, deltas: Iterable[tuple[bytes, bytes]]) -> dict[int, list[tuple[bytes, bytes]]]:
        """Return shard -> its deltas; or versions, by the shards of their ids."""
        listed = list(deltas)
        numbers = shard_numbers([each for each, _ in listed], self.fill.shards).tolist()
        shards: dict[int, list[tuple[bytes, bytes]]] = {number: [] for number in dict.fromkeys(numbers)}
        for number, delta in zip(numbers, listed, strict=True):
            shards[number].append(delta)
        return shards

    def note(self, deltas: Sequence[tuple[bytes, bytes]], sizes: Sequence[int]) -> None:
        """Remember which documents have grown; one that compaction cannot make small comes up at twice the size."""
        if not self._due and max(sizes, default=0) < COMPACT_AT:
            return
        for (entity, _), size in zip(deltas, sizes, strict=False):
            if size >= COMPACT_AT:
                if size >= self._due.get(entity, COMPACT_AT):
                    self._due[entity] = 2 * size
                    self.grown.add(entity)
            elif 2 * size < COMPACT_AT and entity in self._due:
                del self._due[entity]


def stored(meta: Meta, log: str) -> Applied:
    """Return how far a shard says that a log has been applied to it."""
    return meta.logs.get(log, Applied(NOWHERE, NOWHERE))


def is_applied(stored: int, stop: int) -> bool:
    """Return whether a step that was refused has been applied before: its answer was lost, or another writer's came.

    Whoever moved the offset there had applied everything below it, from the same log.
    """
    return stored == stop
