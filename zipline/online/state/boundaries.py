"""Boundaries of windows in time: what they still will cross, so that it cannot be folded away."""

from __future__ import annotations

import numpy as np

from zipline.dsl.window import Window
from zipline.engines.kernels.arrays import Booleans, Integers
from zipline.online.state.layout import FOREVER
from zipline.online.state.view_state import ViewState


def least_read(state: ViewState, floor: int) -> int:
    """Return the least time, after `align`, that a read at `floor` or later uses."""
    return min(floor - (floor % each.align_us if each.align_us else 0) for each in state.windows)


def reach(state: ViewState, floor: int) -> int | None:
    """Return the least event time that a read at `floor` or later can see; None: all of them."""
    lowers = [window.bounds(floor)[0] for window in state.windows]
    return None if None in lowers else min(lower for lower in lowers if lower is not None)


def is_split(state: ViewState, first: int, last: int, known: int, start: int, end: int = FOREVER) -> bool:
    """Return whether some window, for some read, sees only a part of some events.

    Args:
        state: the view's.
        first, last: the least and the greatest event time.
        known: the greatest knowledge time.
        start, end: reads at times from `start` up to and with `end`.
    """
    return bool(are_split(state, np.array([first]), np.array([last]), np.array([known]), start, end)[0])


def are_split(
    state: ViewState, first: Integers, last: Integers, known: Integers, start: int, end: int = FOREVER
) -> Booleans:
    """Do the same for several groups of events."""
    found = np.zeros(len(first), np.bool_)
    for window in state.windows:
        found |= _splits(window, first, last, known, start, end)
    return found


def parted(state: ViewState, times: Integers, known: Integers, start: int) -> Booleans:
    """Return, of events in order of time, which reads from `start` on may see apart from the one before.

    Args:
        state: the view's.
        times, known: of n events; the answer is about the n - 1 later ones.
    """
    return are_split(state, times[:-1], times[1:], np.maximum(known[:-1], known[1:]), start)


def _splits(
    window: Window, first: Integers, last: Integers, known: Integers, start: int, end: int
) -> Booleans:
    offset, length, hop = window.offset_us, window.length_us, window.hop_us
    if not hop:
        # The head is t - offset and the tail t - offset - length, for t on the grid of `align`.
        step = window.align_us or 1
        start -= start % step
        found = _hits(step, first + offset, np.maximum(last + offset, known), start, end)
        whole = 0 if length is None else offset + length
        return found | _hits(step, first + whole, last + whole, start, end) if whole else found
    lowest, upper = window.bounds(start)
    highest, uppermost = window.bounds(end)
    found = _hits(hop, first, last, lowest or 0, highest or 0)
    if not offset:
        return found | _hits(1, first, np.maximum(last, known), start, end)
    late = (known >= start) & ((known - offset) // hop * hop > first)
    return found | late | _hits(hop, first, last, upper, uppermost)


def _hits(step: int, above: Integers, up_to: Integers, least: int, most: int) -> Booleans:
    """Return where a multiple of `step` is in ``(above, up_to]`` and in ``[least, most]``."""
    start = np.maximum(above + 1, least)
    return np.asarray(start + -start % step <= np.minimum(up_to, most))
