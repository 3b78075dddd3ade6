"""Write versions of ids that may move to other entities: documents are told of each other through an index of ids.

1. The versions are added to the sets of their ids, and the whole sets come back; the index's offset stays.
2. Documents get their own versions, and what is said of older ones elsewhere. These are sets of facts: the same fact
   twice is one fact, so that this may be done again, by anybody.
3. The index's offset moves if the sets are still those that were used; else 2 and 3 again with what has come since.

A crash between 2 and 3 leaves the index behind the documents: the rows from the index's offset on are then written
again, although the documents have them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from zipline.online.calls import NOWHERE, AppendFacts, Gone, IndexAdd, IndexCommit, Meta, Sets
from zipline.online.fills import Fill
from zipline.online.protocol.blind import Blind
from zipline.online.protocol.outcome import Outcome
from zipline.online.protocol.runs import Places, unapplied
from zipline.online.state import index
from zipline.online.state.facts import Facts
from zipline.online.state.view_state import ViewState
from zipline.online.steps import Steps
from zipline.online.stores.meaning import set_digest


class Indexed(Blind):
    """Writes versions of ids to documents, and stubs of them where the ids' other versions lie.

    Attributes:
        committed: shard -> the offset that its part of the index is believed to hold.
    """

    def __init__(self, state: ViewState, fill: Fill, log: str) -> None:
        super().__init__(state, fill, log)
        self.committed: list[int] = []

    def adopt(self, metas: Sequence[Meta]) -> None:
        """Believe what the shards say."""
        super().adopt(metas)
        self.committed = [meta.index.get(self.log, NOWHERE) for meta in metas]

    def agrees(self, metas: Sequence[Meta]) -> bool:
        """Return whether the shards hold what is believed."""
        return super().agrees(metas) and self.committed == [
            meta.index.get(self.log, NOWHERE) for meta in metas
        ]

    def least(self) -> int:
        """Return the offset from which some shard lacks events, or its part of the index does."""
        return min(super().least(), *self.committed)

    def lacking(self, facts: Facts) -> NDArray[np.bool_]:
        """Return which rows are to be written: any shard may need what a row says of another."""
        assert facts.positions is not None
        return facts.positions >= self.least()

    def places(self, facts: Facts) -> Sequence[Places]:
        """Return documents, and ids, which are counted apart."""
        assert facts.ids is not None
        ids = self.placed(facts.ids)
        return self.placed(facts.entities), ids._replace(shards=ids.shards + self.fill.shards)

    def write(self, facts: Facts, stop: int, watermark: int) -> Steps[Outcome]:
        """Write a run of rows, which ends before the offset `stop`: the three steps."""
        sets: dict[bytes, tuple[bytes, ...]] = {}
        added = self.by_shard(index.additions(facts))
        for number, versions in added.items():
            call = IndexAdd(self.fill.shard(number), self.log, self.committed[number], tuple(versions))
            answer = yield call
            if not isinstance(answer, Sets):
                return Outcome.GONE if isinstance(answer, Gone) else Outcome.RELOAD
            sets |= answer.sets
        outcome = yield from self._tell(facts, sets, stop, watermark)
        for number, versions in added.items():
            if outcome is not Outcome.DONE:
                break
            ids = {each: sets[each] for each, _ in versions}
            outcome = yield from self._commit(number, facts, ids, stop, watermark)
        return outcome

    def advance(self, stop: int, watermark: int) -> Steps[Outcome]:
        """Move each shard's part of the index, and then its documents, to an offset up to which it lacks nothing."""
        for number in range(self.fill.shards):
            if self.committed[number] < stop:
                outcome = yield from self._commit(number, None, {}, stop, watermark)
                if outcome is not Outcome.DONE:
                    return outcome
        return (yield from super().advance(stop, watermark))

    def append(
        self, number: int, stop: int, watermark: int, deltas: Sequence[tuple[bytes, bytes]]
    ) -> Steps[Outcome]:
        """Append facts to a shard and move its offset, unless it is farther already."""
        least = min(self.expected[number], stop)
        answer = yield AppendFacts(self.fill.shard(number), self.log, least, stop, watermark, tuple(deltas))
        if isinstance(answer, Gone):
            return Outcome.GONE
        if not answer.done:
            return Outcome.RELOAD
        self.expected[number] = max(self.expected[number], stop)
        self._marks[number] = max(self._marks[number], watermark)
        self.note(deltas, answer.sizes)
        return Outcome.DONE

    def _tell(
        self, facts: Facts, sets: Mapping[bytes, Sequence[bytes]], stop: int, watermark: int
    ) -> Steps[Outcome]:
        """Write own versions and what they say of others, a shard's in one step with the offset.

        What a store loses of it, it loses with the offset: so nobody moves the offset over what is not there.
        """
        for number, deltas in self._placed(facts, sets).items():
            outcome = yield from self.append(number, stop, watermark, deltas)
            if outcome is not Outcome.DONE:
                return outcome
        return Outcome.DONE

    def _placed(
        self, facts: Facts, sets: Mapping[bytes, Sequence[bytes]]
    ) -> dict[int, list[tuple[bytes, bytes]]]:
        """Return shard -> what it is to be told by the rows that it lacks."""
        assert facts.ids is not None
        assert facts.positions is not None
        ids = self.placed(facts.ids)
        uncommitted = unapplied(facts.positions, ids.shards[ids.codes], self.committed)
        made: dict[bytes, dict[int, list[tuple[bytes, bytes]]]] = {}
        told = {}
        for number in range(self.fill.shards):
            rows = uncommitted | (facts.positions >= self.expected[number])
            if rows.tobytes() not in made:
                some = facts if rows.all() else facts.take(rows)
                made[rows.tobytes()] = self.by_shard(index.placed(self.state, some, sets))
            deltas = made[rows.tobytes()].get(number)
            if deltas:
                told[number] = deltas
        return told

    def _commit(
        self,
        number: int,
        facts: Facts | None,
        sets: dict[bytes, tuple[bytes, ...]],
        stop: int,
        watermark: int,
    ) -> Steps[Outcome]:
        """Move the index's offset; as long as other writers have added to the sets, tell the documents again."""
        while True:
            least = min(self.committed[number], stop)
            used = tuple((each, set_digest(versions)) for each, versions in sets.items())
            answer = yield IndexCommit(self.fill.shard(number), self.log, least, stop, used)
            if isinstance(answer, Gone):
                return Outcome.GONE
            if not isinstance(answer, Sets):
                self.committed[number] = max(self.committed[number], stop)
                return Outcome.DONE if answer.done else Outcome.RELOAD
            assert facts is not None
            assert facts.ids is not None
            sets.update(answer.sets)
            some = facts.take(np.array([each in answer.sets for each in facts.ids], np.bool_))
            if has_lost(some, sets):
                return Outcome.RELOAD
            outcome = yield from self._tell(some, sets, stop, watermark)
            if outcome is not Outcome.DONE:
                return outcome


def has_lost(facts: Facts, sets: Mapping[bytes, Sequence[bytes]]) -> bool:
    """Return whether the index lacks a version that was added to it: it has lost data since."""
    return any(version not in sets[each] for each, version in index.additions(facts))
