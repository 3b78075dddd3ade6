"""Versions: which rows of one id are its event, from when until when (semantics.md, section 2)."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from zipline.engines.kernels.arrays import Booleans, Integers
from zipline.engines.kernels.online_versions import end_versions, group_ids, order_versions
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


def resolution(
    state: ViewState, records: Records, owners: Integers | None = None
) -> tuple[Integers, Booleans]:
    """Return until when each record is visible, and which stand for their version: each version has one of them.

    A version that was delivered twice, and what stubs say of it, are one, for which the version itself stands if it is
    there. Rows of sources without ids are as they were. Stubs of versions that are not there order the others.

    Args:
        state: the view's.
        records: of one entity, or of several.
        owners: whose each is, as a number; one entity's unless given.
    """
    until, stands = records.until.copy(), np.ones(len(records), np.bool_)
    if not state.layout.has_ids or len(records) < 2:
        return until, stands
    heap, id_word = records.heap_bytes, state.layout.id_word
    first, owned = np.empty(len(records), np.int64), np.zeros(len(records), np.int64)
    ids = records.words[:, id_word].copy()
    if not group_ids(ids, heap, owned if owners is None else owners, first):
        return until, stands
    rows = np.flatnonzero((np.bincount(first, minlength=len(first)) > 1)[first])
    known, ranks = records.known.copy(), records.words[:, id_word + 1].copy()
    rows = rows[np.lexsort((known[rows], first[rows]))]
    order_versions(rows, first, known, ranks, heap)
    limits = np.array(bounds(state), np.int64)[records.sources]
    end_versions(rows, first, known, ranks, heap, records.stubs, limits, until, stands)
    return until, stands


def resolved(state: ViewState, records: Records) -> Records:
    """Return each version once, with the end of its visibility, in the order of records; see `resolution`."""
    until, stands = resolution(state, records)
    return records.with_until(until).take(stands)
