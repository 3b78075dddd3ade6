"""Freshness: how far the streams of a view had been applied, over all of its shards."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from zipline.online.calls import Fetched, Read, ReadAll
from zipline.online.catalog import fills
from zipline.online.fills import Fill
from zipline.online.markers import parse_marker
from zipline.online.steps import Steps


@dataclass(frozen=True, slots=True)
class Applied:
    """What has been applied to the fill of a view that is read.

    Attributes:
        fill: the newest one whose shards are all ready; None where there is none.
        watermark: microseconds; whatever arrived up to it has been applied everywhere; None where nothing has been.
        offsets: log -> the offset up to which it has been applied everywhere.
    """

    fill: Fill | None
    watermark: int | None
    offsets: dict[str, int]


def applied(view: str, version: int) -> Steps[Applied]:
    """Return how far the streams of a view's version have been applied.

    Raises:
        StoreUnavailable: the store is down or slow.
        OnlineError: what is stored is not what zipline stores.
    """
    for fill in reversed((yield from fills(view, version))):
        fetched = yield ReadAll(tuple(Read(shard, ()) for shard in fill.all_shards))
        if (found := _over_all(fill, fetched)) is not None:
            return found
    return Applied(None, None, {})


def _over_all(fill: Fill, fetched: Sequence[Fetched]) -> Applied | None:
    """Return the least of all shards, or None where some shard may not be read."""
    markers = [parse_marker(each.marker) if each.marker is not None else None for each in fetched]
    ready = [each for each in markers if each is not None and each.ready]
    if len(ready) < len(markers):
        return None
    offsets: dict[str, int] = {}
    for marker in ready:
        for log, at in marker.logs.items():
            offsets[log] = min(at.offset, offsets.get(log, at.offset))
    watermarks = [each.watermark for each in ready]
    known = [each for each in watermarks if each is not None]
    return Applied(fill, min(known) if known and len(known) == len(watermarks) else None, offsets)
