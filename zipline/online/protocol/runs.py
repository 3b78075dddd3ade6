"""Which rows of a micro-batch a fill still lacks, and in what runs they are written."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from zipline.engines.kernels.log_runs import cut_runs
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


class Places(NamedTuple):
    """What rows touch.

    Attributes:
        codes: int64[n], which place each row touches.
        shards: int64, the shard of each place.
    """

    codes: NDArray[np.int64]
    shards: NDArray[np.int64]


def runs(positions: NDArray[np.int64], stop: int, *places: Places) -> Iterator[tuple[slice, int]]:
    """Cut rows into runs between two offsets, so that no run has more keys of a shard than one step may touch.

    The rows of one offset stay together, as an offset is applied to a shard whole or not at all.

    Args:
        positions: the rows' offsets, ascending.
        stop: the offset after the last.
        places: one for documents, one for the id index; no shard of one is a shard of the other.

    Yields:
        Rows, and the offset after them.
    """
    count = len(positions)
    firsts = np.cumsum([0, *(len(each.shards) for each in places)])
    codes = np.stack([each.codes + first for each, first in zip(places, firsts, strict=False)])
    shards = np.concatenate([each.shards for each in places])
    cuts = np.empty(count, np.int64)
    found = cut_runs(positions, codes, shards, MOST_DELTAS, cuts)
    begin = 0
    for cut in cuts[:found].tolist():
        yield slice(begin, cut), int(positions[cut])
        begin = cut
    if begin < count:
        yield slice(begin, count), stop
