"""How raw events become tiles: which of them lie together in one, and which tiles become one."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np

from zipline.engines.kernels.arrays import Booleans, Integers
from zipline.online.state.boundaries import are_split, is_split, parted
from zipline.online.state.policy import DIVIDED, Policy, Soon, kept
from zipline.online.state.records import Records, joined, size_of
from zipline.online.state.tiles import Tile, bare_tile, made_tile, merged, touched
from zipline.online.state.view_state import ViewState

LATE = 8
"""The part of the fewest events of a tile that is taken into a tile in whose time they are."""


def in_order(tiles: Iterable[Tile]) -> list[Tile]:
    """Return the tiles with segments in the order of their times."""
    return sorted(
        (tile for tile in tiles if tile.segment is not None), key=lambda tile: (tile.first, tile.last)
    )


def belong(left: int, right: int, size: int) -> bool:
    """Return whether a tile and the next become one; of very different sizes they would be written again and again."""
    return left + right <= size and left <= 3 * right


def segments_to_read(
    state: ViewState, tiles: Sequence[Tile], raw: Records, floor: int, soon: Soon, policy: Policy
) -> set[bytes]:
    """Return the names of the segments without which a document cannot be folded as it should.

    They are those of tiles that raw records concern, that take in late records, that a boundary passes soon, or that
    are small beside each other.
    """
    news = raw.take(raw.known < floor)
    names = {
        tile.segment for tile, changes in zip(tiles, touched(state, tiles, news), strict=True) if changes
    }
    reopened = policy.reopened(state, tiles, len(raw), soon)
    names |= {tile.segment for tile in reopened}
    if size_of(raw) + 8 * state.layout.width * kept(reopened) > policy.raw_bytes:
        times = np.sort(raw.times)
        for tile in tiles:
            late = np.searchsorted(times, tile.last, side="right") - np.searchsorted(times, tile.first)
            if late * LATE >= policy.fewest:
                names.add(tile.segment)
        large = policy.large(state, tiles, len(raw))
        order = in_order(tile for tile in tiles if tile.segment not in names)
        for left, right in pairwise(order):
            ends = left.first, max(left.last, right.last), max(left.known, right.known)
            if belong(left.count, right.count, large) and not is_split(state, *ends, soon.start, soon.end):
                names |= {left.segment, right.segment}
        if order and belong(order[-1].count, policy.size(state), large):
            names.add(order[-1].segment)  # beside the newest comes a new one
    return {name for name in names if name is not None}


@dataclass
class Folding:
    """Tiles while raw records are folded into them.

    Attributes:
        floor, policy: as in `compacted`.
        soon: when the reads come that should need no segments.
        tiles: so far.
        segments: records of those that were read and those that were made, by name.
        made: bytes of those that were made.
    """

    state: ViewState
    floor: int
    soon: Soon
    policy: Policy
    tiles: list[Tile]
    segments: dict[bytes, Records] = field(default_factory=dict)
    made: dict[bytes, bytes] = field(default_factory=dict)

    def fold(self, records: Records) -> Booleans:
        """Fold records that are in order of event time; return which were."""
        folded = np.zeros(len(records), np.bool_)
        if not self.state.has_ids:
            self._fold_for_good(records, folded)
        self._fold_late(records, folded)
        large = self.policy.large(self.state, self.tiles, int(np.count_nonzero(~folded)))
        self._fold_runs(records, folded, large)
        self._join_bare()
        self._join_small(large)
        return folded

    def add(self, records: Records) -> None:
        """Make a tile with a segment of records."""
        if len(records):
            tile, segment = made_tile(self.state, records)
            self.tiles.append(tile)
            assert tile.segment is not None
            self.segments[tile.segment] = records
            self.made[tile.segment] = segment

    def _fold_for_good(self, records: Records, folded: Booleans) -> None:
        """Fold runs that no boundary will ever part: large ones, and those that a tile without segment takes in."""
        if not len(records):
            return
        starts = np.flatnonzero(np.append(True, parted(self.state, records.times, records.known, self.floor)))
        stops = np.append(starts[1:], len(records))
        first, last = records.times[starts], records.times[stops - 1]
        known = np.maximum.reduceat(records.known, starts)
        takes = ~are_split(self.state, first, last, known, self.floor)
        for at, tile in enumerate(self.tiles):
            if tile.segment is None:
                ends = (
                    np.minimum(first, tile.first),
                    np.maximum(last, tile.last),
                    np.maximum(known, tile.known),
                )
                chosen = takes & ~are_split(self.state, *ends, self.floor)
                rows = np.repeat(chosen, stops - starts)
                if chosen.any():
                    self.tiles[at] = merged(self.state, tile, bare_tile(self.state, records.take(rows)))
                    folded |= rows
                    takes &= ~chosen
        for run in np.flatnonzero(takes & (stops - starts >= self.policy.fewest)).tolist():
            self.tiles.append(bare_tile(self.state, records.take(np.arange(starts[run], stops[run]))))
            folded[starts[run] : stops[run]] = True

    def _takes(self, tile: Tile, first: int, last: int, known: int) -> bool:
        if tile.segment is not None:
            return False
        ends = min(tile.first, first), max(tile.last, last), max(tile.known, known)
        return not is_split(self.state, *ends, self.floor)

    def _fold_late(self, records: Records, folded: Booleans) -> None:
        """Add records to the tiles in whose time they are, where there are some for one whose segment was read."""
        for tile in [each for each in self.tiles if each.segment in self.segments]:
            assert tile.segment is not None
            inside = ~folded & (records.times >= tile.first) & (records.times <= tile.last)
            if np.count_nonzero(inside) * LATE >= self.policy.fewest:
                self.tiles.remove(tile)
                self.add(joined(self.state.layout, [self.segments[tile.segment], records.take(inside)]))
                folded |= inside

    def _fold_runs(self, records: Records, folded: Booleans, large: int) -> None:
        """Fold what is between tiles with segments, and after them: runs that no boundary parts soon."""
        small = self.policy.size(self.state)
        gaps = self._gaps(records.times)
        rows = np.flatnonzero(~folded & (gaps >= 0))
        times, known, gaps = records.times[rows], records.known[rows], gaps[rows]
        last_known = np.maximum(known[:-1], known[1:])
        apart = are_split(self.state, times[:-1], times[1:], last_known, self.soon.start, self.soon.end)
        rest = np.ones(len(rows), np.bool_)
        for start, stop in _runs(apart | (gaps[:-1] != gaps[1:])):
            for piece in _pieces(times[start:stop], small, large):
                self._fold_rows(records, rows[start:stop][piece], folded)
                rest[start:stop][piece] = False
        if size_of(records.take(rows[rest])) > self.policy.parted_bytes and not self.state.has_ids:
            # A boundary passes too many events: small tiles, of which reads need the one where it is.
            rows, gaps = rows[rest], gaps[rest]
            size = max(small, len(rows) // DIVIDED)
            for start, stop in _runs(gaps[:-1] != gaps[1:]):
                for piece in _pieces(records.times[rows[start:stop]], size, size):
                    self._fold_rows(records, rows[start:stop][piece], folded)

    def _fold_rows(self, records: Records, rows: Integers, folded: Booleans) -> None:
        self.add(records.take(rows))
        folded[rows] = True

    def _gaps(self, times: Integers) -> Integers:
        """Return between which tiles with segments times are, as how many tiles begin before; -1 inside of one."""
        order = in_order(self.tiles)
        before = np.searchsorted([tile.first for tile in order], times, side="right")
        ends = np.maximum.accumulate(np.array([np.iinfo(np.int64).min, *(tile.last for tile in order)]))
        return np.where(times <= ends[before], -1, before)

    def _join_bare(self) -> None:
        """Make one of tiles without segments that no boundary parts any more."""
        if self.state.has_ids:
            return
        bare = sorted(
            (tile for tile in self.tiles if tile.segment is None), key=lambda tile: (tile.first, tile.last)
        )
        result: list[Tile] = []
        for tile in bare:
            if result and self._takes(result[-1], tile.first, tile.last, tile.known):
                result[-1] = merged(self.state, result[-1], tile)
            else:
                result.append(tile)
        self.tiles = [*result, *(tile for tile in self.tiles if tile.segment is not None)]

    def _join_small(self, size: int) -> None:
        """Make one of neighbours whose segments were read and that are small together and beside each other."""
        for left, right in pairwise(in_order(self.tiles)):
            if not belong(left.count, right.count, size) or not any(tile is left for tile in self.tiles):
                continue
            parts = [self.segments.get(each.segment or b"") for each in (left, right)]
            ends = left.first, max(left.last, right.last), max(left.known, right.known)
            if None in parts or is_split(self.state, *ends, self.soon.start, self.soon.end):
                continue
            self.tiles = [tile for tile in self.tiles if tile is not left and tile is not right]
            self.add(joined(self.state.layout, [part for part in parts if part is not None]))


def _runs(apart: Booleans) -> list[tuple[int, int]]:
    """Return (start, stop) of the runs of events, of which it is said which are apart from the one before."""
    starts = [0, *(np.flatnonzero(apart) + 1).tolist()]
    return list(zip(starts, [*starts[1:], len(apart) + 1], strict=True))


def _pieces(times: Integers, small: int, large: int) -> list[slice]:
    """Return pieces of about `large` events, the last of `small` at least, cut between different times.

    >>> _pieces(np.arange(10), 2, 4)
    [slice(0, 4, None), slice(4, 8, None), slice(8, 10, None)]
    """
    found: list[slice] = []
    start = 0
    while len(times) - start >= small:
        stop = int(np.searchsorted(times, times[min(start + large, len(times)) - 1], side="right"))
        found.append(slice(start, stop))
        start = stop
    if found and start < len(times):
        found[-1] = slice(found[-1].start, len(times))
    return found
