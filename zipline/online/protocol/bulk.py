"""Load history into a fill: a pseudo-partition of chunks through the same appends, resumed where the store stands."""

from __future__ import annotations

from zipline.online.fills import Fill
from zipline.online.protocol.outcome import Written
from zipline.online.state.facts import Facts
from zipline.online.state.view_state import ViewState
from zipline.online.steps import Steps


class Bulk:
    """Loads the history of one source into one fill.

    The chunks 0, 1, ... are fixed by the snapshot of the table: the same numbers are the same rows after a restart.
    Rows of sources without ids are those with knowledge time <= the fill's cut, and all of them: the caller sees to
    it. Of sources with ids it does not matter where the stream takes over.

    Args:
        state: the view's.
        fill: where to.
        source: whose rows.
    """

    def __init__(self, state: ViewState, fill: Fill, source: str) -> None:
        self.state, self.fill, self.source = state, fill, source

    def load(self) -> Steps[int | None]:
        """Return the first chunk that some shard still lacks; None: a shard is missing, `filling.start` again."""
        raise NotImplementedError
        yield

    def write(self, chunk: int, facts: Facts) -> Steps[Written]:
        """Write a chunk; after `Outcome.RELOAD` call `load` and go on with the chunk that it says."""
        raise NotImplementedError
        yield

    def finished(self, chunks: int) -> Steps[bool]:
        """Read again whether every shard holds all chunks; if not, go on after `load`."""
        raise NotImplementedError
        yield


def set_ready(fill: Fill, chunks: dict[str, int]) -> Steps[bool]:
    """Let the fill be read, if every shard still holds all chunks of every source; return whether it may.

    Args:
        fill: which.
        chunks: source -> how many chunks it has; none for a fill without history.
    """
    raise NotImplementedError
    yield
