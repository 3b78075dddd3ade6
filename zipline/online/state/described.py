"""Documents in words, for people: what `zipline lookup --verbose` and reports of errors show."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from zipline.online.state.layout import FOREVER
from zipline.online.state.opened import NEVER, Opened
from zipline.online.state.records import Records
from zipline.online.state.view_state import ViewState
from zipline.time import MAX_TIME, MIN_TIME, from_micros


def described(state: ViewState, document: Opened) -> list[Mapping[str, object]]:
    """Return what a document says: its floor, then each tile, then each raw record."""
    said: list[Mapping[str, object]] = [
        {"floor": _time(document.floor), "too many events": document.lost is not None}
    ]
    for tile in document.tiles:
        partials = zip(state.codecs, tile.partials, strict=True)
        said.append(
            {
                "events": tile.count,
                "first": _time(tile.first),
                "last": _time(tile.last),
                "segment": tile.segment.hex() if tile.segment is not None else None,
                "partials": [
                    (codec.aggregation.title(), codec.decode(partial)) for codec, partial in partials
                ],
            }
        )
    return said + _rows(document.raw)


def _rows(records: Records) -> list[Mapping[str, object]]:
    columns: dict[str, list[Any]] = {
        "event time": [_time(each) for each in records.times.tolist()],
        "known": [_time(each) for each in records.known.tolist()],
        "until": [_time(each) for each in records.until.tolist()],
        "event": (records.kept & ~records.stubs).tolist(),
    }
    if records.layout.has_ids:
        columns["id"] = list(records.ids)
    columns |= {slot.name: records.values(slot) for slot in records.layout.slots}
    columns |= {text: records.mask(text).tolist() for text in records.layout.masks}
    return [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]


def _time(micros: int) -> str | None:
    """Return a time as people read it; None for ever, or never."""
    if micros in (FOREVER, NEVER):
        return None
    return from_micros(micros).isoformat() if MIN_TIME <= micros <= MAX_TIME else str(micros)
