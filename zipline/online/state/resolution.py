"""Versions: which rows of one id are its event, from when until when (semantics.md, section 2)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from zipline.engines.kernels.arrays import Integers
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


def resolved(state: ViewState, records: Records) -> Records:
    """Return each version once, with the end of its visibility; a stub whose version is there is merged into it.

    A version that was delivered twice, and what stubs say of it, are one. Rows of sources without ids are as they
    were. Stubs of versions that are not there stay, as they order the others. The order of records is kept.
    """
    if not state.layout.has_ids or not len(records):
        return records
    ids = records.ids
    repeated = _repeated(ids)
    if not repeated:
        return records
    ranks, known, until = records.ranks, records.known, records.until.copy()
    stubs, sources, limits = records.stubs, records.sources, bounds(state)
    dropped = np.zeros(len(records), np.bool_)
    for rows in repeated:
        versions: dict[tuple[int, bytes], list[int]] = {}
        for row in rows:
            versions.setdefault((int(known[row]), ranks[row]), []).append(row)
        order = sorted(versions)
        bound = limits[int(sources[rows[0]])]
        for version, end in zip(order, next_known(order, bound), strict=True):
            same = versions[version]
            kept = min(same, key=lambda row: (bool(stubs[row]), row))
            until[kept] = min(end, *(int(until[row]) for row in same))
            dropped[[row for row in same if row != kept]] = True
    return records.with_until(until).take(~dropped)


def _repeated(ids: Sequence[bytes]) -> Iterable[list[int]]:
    """Return the rows of each id that occurs more than once."""
    first: dict[bytes, int] = {}
    several: dict[bytes, list[int]] = {}
    for row, each in enumerate(ids):
        if each and (earlier := first.setdefault(each, row)) != row:
            several.setdefault(each, [earlier]).append(row)
    return list(several.values())


def ever_visible(records: Records, after: int) -> Integers:
    """Return which records some read at or after a time may see, whatever the window, as far as versions go."""
    return np.flatnonzero(
        records.kept & ~records.stubs & (records.until >= after) & (records.until > records.known)
    )
