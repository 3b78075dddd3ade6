"""Boundaries of windows in time: what they still will cross, so that it cannot be folded away."""

from __future__ import annotations

from zipline.dsl.window import Window
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
    return any(_splits(window, first, last, known, start, end) for window in state.windows)


def _splits(window: Window, first: int, last: int, known: int, start: int, end: int) -> bool:
    offset, length, hop = window.offset_us, window.length_us, window.hop_us
    if not hop:
        # The head is t - offset and the tail t - offset - length, for t on the grid of `align`.
        step = window.align_us or 1
        start -= start % step
        if _hits(step, first + offset, max(last + offset, known), start, end):
            return True
        whole = None if length is None else offset + length
        return whole is not None and _hits(step, first + whole, last + whole, start, end)
    lowest, upper = window.bounds(start)
    highest, uppermost = window.bounds(end)
    assert lowest is not None
    assert highest is not None
    if _hits(hop, first, last, lowest, highest):
        return True
    if offset:
        return _hits(hop, first, last, upper, uppermost) or (
            known >= start and window.bounds(known)[1] > first
        )
    return _hits(1, first, max(last, known), start, end)


def _hits(step: int, above: int, up_to: int, least: int, most: int) -> bool:
    """Return whether a multiple of `step` is in ``(above, up_to]`` and in ``[least, most]``."""
    start = max(above + 1, least)
    return start + -start % step <= min(up_to, most)


def cell(state: ViewState, time: int) -> tuple[int, ...]:
    """Return what differs between events that boundaries which move in steps may part."""
    cells: list[int] = []
    for window in state.windows:
        if window.hop_us:
            cells.append(time // window.hop_us)
        elif window.align_us:
            cells.append((time + window.offset_us) // window.align_us)
            if window.length_us is not None:
                cells.append((time + window.offset_us + window.length_us) // window.align_us)
    return tuple(cells)
