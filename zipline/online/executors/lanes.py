"""Lanes: how the history of a source is parted among tasks, so that each writes for itself and can be run again.

Without ids that move, a lane is a shard, in the chunks that one process would write; each shard keeps how far it is,
so that such a process could go on where tasks stood. With ids that move, a lane is a part of the ids, with a log of its
own in all shards; how many there are is fixed, so that a cluster of another size goes on with the same ones.
"""

from __future__ import annotations

import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from zipline.online.fills import Fill
from zipline.online.history import CHUNKS, chunks_of
from zipline.online.protocol.bulk import Bulk
from zipline.online.state.facts import Facts
from zipline.online.state.keys import shard_numbers
from zipline.online.state.packing import coded
from zipline.online.state.view_state import ViewState

LANES: Final = 16
"""Of a source whose ids may move."""
_MIXES: Final = np.uint32(2_654_435_761)  # 2**32 over the golden ratio
_HIGH: Final = np.uint32(32 - CHUNKS.bit_length() + 1)


@dataclass(frozen=True)
class Lanes:
    """The lanes of one source's history.

    Attributes:
        state: the view's.
        number: which of its sources.
        fill: where to.
    """

    state: ViewState
    number: int
    fill: Fill

    @property
    def source(self) -> str:
        """The source's name."""
        return self.state.sources[self.number].name

    @property
    def are_ids(self) -> bool:
        """Whether lanes are parts of the ids, not shards."""
        source = self.state.sources[self.number]
        return bool(source.id and source.moves)

    @property
    def count(self) -> int:
        """How many lanes there are."""
        return LANES if self.are_ids else self.fill.shards

    @property
    def chunks(self) -> int:
        """How many chunks each lane has."""
        return CHUNKS // LANES if self.are_ids else CHUNKS

    @property
    def ready(self) -> Mapping[str, int]:
        """What every shard must hold when all is written, as `set_ready` asks for it."""
        if not self.are_ids:
            return {self.source: self.chunks}
        return {f"{self.source}:{lane}": self.chunks for lane in range(self.count)}

    def bulk(self, lane: int) -> Bulk:
        """Return what writes a lane."""
        if self.are_ids:
            return Bulk(self.state, self.fill, self.source, part=str(lane))
        return Bulk(self.state, self.fill, self.source, shards=(lane,))

    def places(self, facts: Facts) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Return the lane and the chunk of each row."""
        if not self.are_ids:
            names, codes = coded(facts.entities)
            return shard_numbers([*names, b""], self.fill.shards)[codes], chunks_of(facts)
        assert facts.ids is not None
        place = _places(facts.ids)
        return place % LANES, place // LANES


def _places(ids: Sequence[bytes]) -> NDArray[np.int64]:
    """Return one of `CHUNKS` places for each id; a checksum alone would put ids in a row into few of them."""
    names, codes = coded(ids)
    sums = np.array([*map(zlib.crc32, names), 0], np.uint32)
    return (sums * _MIXES >> _HIGH).astype(np.int64)[codes]
