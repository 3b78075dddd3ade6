"""Versions: which rows of one id are its event, from when until when (semantics.md, section 2)."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from zipline.engines.kernels.arrays import Booleans, Integers
from zipline.online.state.layout import FOREVER
from zipline.online.state.records import Records
from zipline.online.state.view_state import ViewState

NO_BOUND = FOREVER
"""The bound of corrections of a source that declares none."""


def bounds(state: ViewState) -> tuple[int, ...]:
    """Return how long after a version a correction may come, of each source, microseconds."""
    return tuple(NO_BOUND if each.corrections_us is None else each.corrections_us for each in state.sources)


def next_known(versions: Sequence[tuple[int, bytes]], bound: int) -> list[int]:
    """Return until when each version of one id is visible: when the next is known, unless that came too late.

    Args:
        versions: (knowledge time, rank), in this order, each once.
        bound: as in `bounds`.

    >>> next_known([(0, b"a"), (0, b"b"), (9, b"a"), (99, b"a")], 10) == [0, 9, FOREVER, FOREVER]
    True
    """
    known = [version[0] for version in versions]
    following = [*known[1:], None]
    return [
        later if later is not None and later - this <= bound else FOREVER
        for this, later in zip(known, following, strict=True)
    ]


def resolution(state: ViewState, records: Records) -> tuple[Integers, Booleans]:
    """Return until when each record is visible, and which stand for their version: each version has one of them.

    A version that was delivered twice, and what stubs say of it, are one, for which the version itself stands if it is
    there. Rows of sources without ids are as they were. Stubs of versions that are not there order the others.
    """
    until, stands = records.until.copy(), np.ones(len(records), np.bool_)
    repeated = _repeated(records.ids) if state.layout.has_ids else []
    if not repeated:
        return until, stands
    ranks, known, stubs = records.ranks, records.known.tolist(), records.stubs.tolist()
    limits, sources = bounds(state), records.sources.tolist()
    for rows in repeated:
        versions: dict[tuple[int, bytes], list[int]] = {}
        for row in rows:
            versions.setdefault((known[row], ranks[row]), []).append(row)
        order = sorted(versions)
        bound = limits[sources[rows[0]]]
        for version, end in zip(order, next_known(order, bound), strict=True):
            same = versions[version]
            first = min(same, key=lambda row: (stubs[row], row))
            until[first] = min(end, *(int(until[row]) for row in same))
            stands[[row for row in same if row != first]] = False
    return until, stands


def resolved(state: ViewState, records: Records) -> Records:
    """Return each version once, with the end of its visibility, in the order of records; see `resolution`."""
    until, stands = resolution(state, records)
    return records.with_until(until).take(stands)


def _repeated(ids: Sequence[bytes]) -> list[list[int]]:
    """Return the rows of each id that occurs more than once."""
    first: dict[bytes, int] = {}
    several: dict[bytes, list[int]] = {}
    for row, each in enumerate(ids):
        if each and (earlier := first.setdefault(each, row)) != row:
            several.setdefault(each, [earlier]).append(row)
    return list(several.values())
