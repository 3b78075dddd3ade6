"""Compact documents: fold what no read will ask for apart, guarded by the digest of what was read."""

from __future__ import annotations

from zipline.online.calls import Shard
from zipline.online.fills import Fill
from zipline.online.state.view_state import ViewState
from zipline.online.steps import Steps


def compact(state: ViewState, fill: Fill, entity: bytes, now: int, lead: int) -> Steps[bool]:
    """Compact one entity's document, or delete it where nothing of it can be seen any more; return whether it changed.

    Args:
        state: the view's.
        fill: where it is.
        entity: whose.
        now: the clock; the floor follows the stream's time, and never passes the clock.
        lead: microseconds: what a window's boundary crosses so soon is not folded.
    """
    raise NotImplementedError
    yield


def expire(state: ViewState, fill: Fill, entity: bytes, now: int) -> Steps[bool]:
    """Delete one entity's document if nothing of it can be seen any more; return whether it did."""
    raise NotImplementedError
    yield


def tidy(state: ViewState, fill: Fill, shard: Shard, now: int, lead: int) -> Steps[int]:
    """Walk through a shard: expire and compact whatever is due; return how many documents changed."""
    raise NotImplementedError
    yield
