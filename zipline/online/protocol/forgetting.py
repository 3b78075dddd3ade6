"""Forget ids that no version can come for any more, so that the index does not grow without end."""

from __future__ import annotations

from collections import deque
from collections.abc import Collection, Sequence
from typing import Final

from zipline.online.calls import NOWHERE, IndexCommit, Listed, ListEntities, Meta, ReadMeta, Sets, Shard
from zipline.online.fills import Fill
from zipline.online.state.index import settled
from zipline.online.state.view_state import ViewState
from zipline.online.steps import Steps
from zipline.online.stores.meaning import set_digest

_LISTED: Final = 100


class Forgetter:
    """Drops what is settled from a fill's id index; it is kept, as it must have seen some time pass.

    Args:
        state: the view's.
        fill: whose index.
        logs: all partitions of the sources whose ids may move, also those that nobody has read yet.
    """

    def __init__(self, state: ViewState, fill: Fill, logs: Collection[str]) -> None:
        self.state, self.fill, self.logs = state, fill, logs
        self._seen: deque[tuple[int, int]] = deque()

    def walk(self, shard: Shard, now: int, clock: int) -> Steps[int]:
        """Walk through a shard's part of the index and drop what is settled; return how many ids were.

        Args:
            shard: which part.
            now: the time; what it has not reached is not believed.
            clock: microseconds of a clock that never jumps.

        Raises:
            StoreUnavailable: the store is down or slow.
        """
        metas = []
        for each in self.fill.all_shards:
            meta: Meta | None = yield ReadMeta(each)
            if meta is None:
                return 0
            metas.append(meta)
        before = self._before(metas, now, clock)
        cursor, dropped = 0, 0
        while before is not None:
            listed: Listed = yield ListEntities(shard, cursor, _LISTED, ids=True)
            dropped += yield from _drop(shard, listed.entities, before)
            cursor = listed.cursor
            if cursor == 0:
                break
        return dropped

    def _before(self, metas: Sequence[Meta], now: int, clock: int) -> int | None:
        """Return the time before which ids are settled: as it was long enough ago for no store to lose it."""
        settled = settled_before(self.state, metas, self.logs, now)
        if settled is None:
            self._seen.clear()
            return None
        self._seen.append((clock, settled))
        return outlasted(self._seen, clock - self.fill.history)


def settled_before(state: ViewState, metas: Sequence[Meta], logs: Collection[str], now: int) -> int | None:
    """Return the time before which ids are settled; None while nothing may be forgotten.

    A version follows the one before it within `corrections`, and arrives at most as long after it was known. Until
    history is complete it may bring versions of any age; and where the index is behind the documents, rows will be
    told again, and must meet what they met.
    """
    bounds = [source.corrections_us for source in state.sources if source.id and source.moves]
    if not logs or None in bounds or not all(_is_whole(meta, logs) for meta in metas):
        return None
    longest = max((bound for bound in bounds if bound is not None), default=0)
    return min(now, *(meta.logs[log].watermark for meta in metas for log in logs)) - 2 * longest


def outlasted(seen: deque[tuple[int, int]], before: int) -> int | None:
    """Return what was seen before a moment, the last of it; what is older is let go of.

    A store may lose the last of what it was told. Its rows come again then, from a log that may have been read much
    quicker than it was written: so it is not the stream's time that must have passed.
    """
    while len(seen) > 1 and seen[1][0] <= before:
        seen.popleft()
    return seen[0][1] if seen[0][0] <= before else None


def _is_whole(meta: Meta, logs: Collection[str]) -> bool:
    return meta.ready and all(
        log in meta.logs and meta.index.get(log, NOWHERE) >= meta.logs[log].offset for log in logs
    )


def _drop(shard: Shard, ids: Sequence[bytes], before: int) -> Steps[int]:
    """Drop those of some ids that are settled, unless a version is added meanwhile."""
    answer = yield IndexCommit(shard, _NO_LOG, NOWHERE, NOWHERE, tuple((each, b"") for each in ids))
    if not isinstance(answer, Sets):
        return 0
    old = tuple((each, set_digest(s)) for each, s in answer.sets.items() if s and settled(s, before))
    if old:
        yield IndexCommit(shard, _NO_LOG, NOWHERE, NOWHERE, (), old)
    return len(old)


_NO_LOG: Final = "forget"
"""Whose offset in the index is never moved: the sets are asked for with digests that no set has."""
