"""Which rows of a micro-batch a fill still lacks, and in what runs they are written."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from zipline.online.state.facts import Facts
from zipline.online.stores.meaning import MOST_DELTAS


def unapplied(
    positions: NDArray[np.int64], shards: NDArray[np.int64], expected: Sequence[int]
) -> NDArray[np.bool_]:
    """Return which rows their shards have not had: not below the offset that each shard of them holds.

    Args:
        positions: the rows' offsets.
        shards: each row's shard.
        expected: shard -> its stored offset.
    """
    return positions >= np.asarray(expected, np.int64)[shards]


def after_cut(facts: Facts, cut: int | None) -> NDArray[np.bool_] | bool:
    """Return which rows are the stream's: of sources without ids, those that bulk does not bring.

    With ids it does not matter: the same version twice counts once.
    """
    return True if cut is None or facts.ids is not None else facts.known > cut


def runs(
    positions: NDArray[np.int64], stop: int, *places: Sequence[tuple[int, bytes]]
) -> Iterator[tuple[slice, int]]:
    """Cut rows into runs between two offsets, so that no run has more keys of a shard than one step may touch.

    The rows of one offset stay together, as an offset is applied to a shard whole or not at all.

    Args:
        positions: the rows' offsets, ascending.
        stop: the offset after the last.
        places: (shard, key) of each row; one sequence for documents, one for the id index.

    Yields:
        Rows, and the offset after them.
    """
    begin = same = 0
    seen: set[tuple[int, bytes]] = set()
    counts: Counter[int] = Counter()
    offsets = positions.tolist()
    for at, spots in enumerate(zip(*places, strict=True)):
        if offsets[at] != offsets[same]:
            same = at
        fresh = [spot for spot in spots if spot not in seen]
        if not fresh:
            continue
        seen.update(fresh)
        counts.update(shard for shard, _ in set(fresh))
        if same > begin and any(counts[shard] > MOST_DELTAS for shard, _ in fresh):
            yield slice(begin, same), offsets[same]
            begin = same
            seen = {spot for sequence in places for spot in sequence[same : at + 1]}
            counts = Counter(shard for shard, _ in seen)
    if begin < len(offsets):
        yield slice(begin, len(offsets)), stop
