"""Start a fill, let it take over when it is ready, and drop the one before it."""

from __future__ import annotations

from collections.abc import Sequence

from zipline.errors import OnlineError
from zipline.online.calls import CreateShard, DropShard, Fetched, Meta, Read, ReadAll
from zipline.online.fills import Fill
from zipline.online.markers import parse_marker
from zipline.online.steps import Steps
from zipline.time import MIN_TIME


def start(fill: Fill) -> Steps[None]:
    """Make every shard with the fill's cut, before the first write; those that are there stay as they are.

    Also what a worker does after `Outcome.GONE` when the catalog still has the fill: the store lost a shard.

    Raises:
        OnlineError: a shard has another cut: it belongs to another fill of this name.
    """
    for shard in fill.all_shards:
        meta: Meta = yield CreateShard(shard, fill.cut, first_floor(fill))
        if meta.cut != fill.cut:
            raise OnlineError(
                f"a shard has the cut {meta.cut}, and the fill has {fill.cut}",
                where=f"shard {shard.number} of {shard.fill}",
                hint="two repositories write to one store: give each a prefix or a database of its own",
            )


def first_floor(fill: Fill) -> int:
    """Return a fill's first floor: as far before the cut as reads may go back; a stream alone has all it brings."""
    return MIN_TIME if fill.cut is None else fill.cut - fill.history


def is_ready(fill: Fill) -> Steps[bool]:
    """Return whether every shard may be read."""
    fetched: tuple[Fetched, ...] = yield ReadAll(tuple(Read(shard, ()) for shard in fill.all_shards))
    return all(each.marker is not None and parse_marker(each.marker).ready for each in fetched)


def newest_ready(fills: Sequence[Fill]) -> Steps[Fill | None]:
    """Return the fill that is read: the one with the highest number among those that are ready."""
    for fill in sorted(fills, key=lambda each: each.number, reverse=True):
        if (yield from is_ready(fill)):
            return fill
    return None


def drop(fill: Fill) -> Steps[None]:
    """Delete a fill's shards; the catalog has forgotten it before."""
    for shard in fill.all_shards:
        while not (yield DropShard(shard)):
            pass
