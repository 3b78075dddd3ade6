"""Which rows of a micro-batch a fill still lacks, and in what runs they are written."""

from __future__ import annotations

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
    seen: dict[int, set[bytes]] = {}
    for at, spots in enumerate(zip(*places, strict=True)):
        if positions[at] != positions[same]:
            same = at
        for shard, key in spots:
            seen.setdefault(shard, set()).add(key)
        if same > begin and any(len(seen[shard]) > MOST_DELTAS for shard, _ in spots):
            yield slice(begin, same), int(positions[same])
            begin, seen = same, {}
            for sequence in places:
                for shard, key in sequence[same : at + 1]:
                    seen.setdefault(shard, set()).add(key)
    if begin < len(positions):
        yield slice(begin, len(positions)), stop
