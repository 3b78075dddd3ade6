"""Put together what was read: folded documents into features with statuses, for one request or many."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from zipline.online.answer import Answer, PartAnswer
from zipline.online.asked import ManyAsked, OneAsked
from zipline.online.deriving import derive_many, derive_one
from zipline.online.features import Features
from zipline.online.protocol.reading import Values
from zipline.online.service_state import Part, ServiceState
from zipline.online.state.fold import Folded
from zipline.online.statuses import Status


def features(
    service: ServiceState,
    asked: OneAsked,
    rows: Sequence[int],
    found: Sequence[Values[Folded]],
    time: int,
    now: int,
) -> Features:
    """Return the features of one request.

    Args:
        service: what was read.
        asked: the request.
        rows: of each part, the row of the request's entity in what was found.
        found: of each part.
        time: of the read, microseconds.
        now: the clock, microseconds.
    """
    values: dict[str, Any] = {}
    errors: dict[str, str] = {}
    statuses: dict[str, Status] = {}
    said: dict[str, Status | None] = {}
    markers = [
        each.markers[at] if at < len(each.markers) else None for each, at in zip(found, rows, strict=True)
    ]
    for part, each, at, marker in zip(service.parts, found, rows, markers, strict=True):
        row, names = each.folded.row(at), part.outputs
        stale = marker is not None and part.is_stale(marker, min(time, now))
        whole = said[part.prefix] = (
            Status.STALE if stale else None if each.folded.found[at] else Status.NOT_FOUND
        )
        values.update(zip(names, row, strict=True))
        statuses.update(dict.fromkeys(names, whole or Status.PRESENT))
        if whole is None and None in row:
            statuses.update(
                (name, Status.NULL) for name, value in zip(names, row, strict=True) if value is None
            )
        for (place, name), cause in each.folded.errors.items():
            if place == at:
                errors[f"{part.prefix}__{name}"] = cause
    if service.derived:
        values |= asked.fields
        derive_one(service, values, errors)
        for derived in service.derived:
            statuses[derived.name] = _derived_status(
                values[derived.name], [said[each] for each in derived.parts]
            )
    for column in errors:
        values[column], statuses[column] = None, Status.ERROR
    if not service.is_plain:
        names = service.outputs
        values, statuses = {name: values[name] for name in names}, {name: statuses[name] for name in names}
        errors = {name: errors[name] for name in names if name in errors}
    return Features(service, values, statuses, errors, time, now, markers)


def _derived_status(value: Any, views: Sequence[Status | None]) -> Status:
    """Return the status of a derived column from what is said of the views that it depends on."""
    if Status.STALE in views:
        return Status.STALE
    if views and None not in views:
        return Status.NOT_FOUND
    return Status.NULL if value is None else Status.PRESENT


def answer(
    service: ServiceState, asked: ManyAsked, found: Sequence[Values[Folded]], time: int, now: int
) -> Answer:
    """Return the features of many requests; other arguments as of `features`."""
    columns: dict[str, pa.Array] = dict(asked.fields)
    errors: dict[str, dict[int, str]] = {}
    parts = []
    for part, each, places in zip(service.parts, found, asked.places, strict=True):
        in_order = len(places) == len(each.folded.found) and bool((places == np.arange(len(places))).all())
        taken = None if in_order else places
        columns.update(zip(part.outputs, each.folded.columns(taken), strict=True))
        for (place, name), cause in each.folded.errors.items():
            rows = np.flatnonzero(places == place).tolist()
            errors.setdefault(f"{part.prefix}__{name}", {}).update(dict.fromkeys(rows, cause))
        parts.append(_part(part, each, places, min(time, now)))
    derive_many(service, columns, errors, len(asked.given))
    return Answer(service, time, now, asked.given, columns, errors, tuple(parts))


def _part(part: Part, values: Values[Folded], places: NDArray[np.int64], moment: int) -> PartAnswer:
    found = np.asarray(values.folded.found, np.bool_)
    shards = {id(marker): marker for marker in values.markers}  # entities of one shard share a marker
    behind = {each: part.is_stale(marker, moment) for each, marker in shards.items()}
    stale = np.zeros(len(values.markers) + 1, np.bool_)
    if any(behind.values()):
        stale[:-1] = [behind[id(marker)] for marker in values.markers]
    return PartAnswer(part, values.markers, places, found[places], stale[places])
