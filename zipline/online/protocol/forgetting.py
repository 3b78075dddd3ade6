"""Forget ids that no version can come for any more, so that the index does not grow without end."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Final

from zipline.online.calls import NOWHERE, IndexCommit, Listed, ListEntities, Meta, ReadMeta, Sets, Shard
from zipline.online.fills import Fill
from zipline.online.state.index import settled
from zipline.online.state.view_state import ViewState
from zipline.online.steps import Steps
from zipline.online.stores.meaning import set_digest

_LISTED: Final = 100


def forget(state: ViewState, fill: Fill, shard: Shard, logs: Collection[str], now: int) -> Steps[int]:
    """Walk through a shard's part of the id index and drop what is settled; return how many ids were.

    Args:
        state: the view's.
        fill: whose index.
        shard: which part of it.
        logs: all partitions of the sources whose ids may move, also those that nobody has read yet.
        now: the clock; what it has not reached is not believed.

    Raises:
        StoreUnavailable: the store is down or slow.
    """
    metas = []
    for each in fill.all_shards:
        meta: Meta | None = yield ReadMeta(each)
        if meta is None:
            return 0
        metas.append(meta)
    before = settled_before(state, fill, metas, logs, now)
    if before is None:
        return 0
    cursor, dropped = 0, 0
    while True:
        listed: Listed = yield ListEntities(shard, cursor, _LISTED, ids=True)
        dropped += yield from _drop(shard, listed.entities, before)
        cursor = listed.cursor
        if cursor == 0:
            return dropped


def settled_before(
    state: ViewState, fill: Fill, metas: Sequence[Meta], logs: Collection[str], now: int
) -> int | None:
    """Return the time before which an id is settled; None while nothing may be forgotten.

    A version follows the one before it within `corrections`, and arrives at most as long after it was known. A store
    that loses data loses less than `history` of it; then the log brings rows again, and they must meet the versions
    that they met. Until history is complete it may bring versions of any age.
    """
    bounds = [source.corrections_us for source in state.sources if source.id and source.moves]
    held = [meta.logs[log].watermark for meta in metas for log in logs if log in meta.logs]
    if not logs or len(held) < len(logs) * len(metas) or not all(meta.ready for meta in metas):
        return None
    longest = max((bound for bound in bounds if bound is not None), default=0)
    return None if None in bounds else min(*held, now) - fill.history - 2 * longest


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
