"""Start a fill, let it take over when it is ready, and drop the one before it."""

from __future__ import annotations

from collections.abc import Sequence

from zipline.online.fills import Fill
from zipline.online.steps import Steps


def start(fill: Fill) -> Steps[None]:
    """Make every shard with the fill's cut, before the first write; those that are there stay as they are.

    Also what a worker does after `Outcome.GONE` when the catalog still has the fill: the store lost a shard.

    Raises:
        OnlineError: a shard has another cut: it belongs to another fill of this name.
    """
    raise NotImplementedError
    yield


def is_ready(fill: Fill) -> Steps[bool]:
    """Return whether every shard may be read."""
    raise NotImplementedError
    yield


def newest_ready(fills: Sequence[Fill]) -> Steps[Fill | None]:
    """Return the fill that is read: the one with the highest number among those that are ready."""
    raise NotImplementedError
    yield


def drop(fill: Fill) -> Steps[None]:
    """Delete a fill's shards; the catalog has forgotten it before."""
    raise NotImplementedError
    yield
