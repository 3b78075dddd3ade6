"""Freshness: how far the streams of a view had been applied, over all of its shards."""

from __future__ import annotations

from zipline.online.calls import Fetched, Marker, Read, ReadAll
from zipline.online.catalog import fills
from zipline.online.markers import parse_marker
from zipline.online.protocol.filling import newest_ready
from zipline.online.steps import Steps


def markers(view: str, version: int) -> Steps[tuple[Marker, ...]]:
    """Return what each shard says of the fill of a view's version that is read; nothing where none is.

    Raises:
        StoreUnavailable: the store is down or slow.
        OnlineError: what is stored is not what zipline stores.
    """
    fill = yield from newest_ready((yield from fills(view, version)))
    if fill is None:
        return ()
    fetched: tuple[Fetched, ...] = yield ReadAll(tuple(Read(shard, ()) for shard in fill.all_shards))
    return tuple(parse_marker(each.marker) for each in fetched if each.marker is not None)
