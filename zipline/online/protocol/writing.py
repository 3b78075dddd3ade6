"""Write micro-batches of one log into one fill: blind appends, each with the log's offset in the same step."""

from __future__ import annotations

from zipline.online.calls import NOWHERE
from zipline.online.fills import Fill
from zipline.online.protocol.outcome import Outcome, Written
from zipline.online.state.facts import Facts
from zipline.online.state.view_state import ViewState
from zipline.online.steps import Steps


class Writer:
    """Writes what one log says into one fill; a worker has one for each log that it is assigned and each fill.

    Args:
        state: the view's.
        fill: where to.
        log: `{source}:{topic}:{partition}`; the source says whether its ids may move (the id index).
    """

    def __init__(self, state: ViewState, fill: Fill, log: str) -> None:
        self.state, self.fill, self.log = state, fill, log

    def load(self, now: int) -> Steps[int | None]:
        """Read every shard's stored offset; return the smallest, where the consumer seeks.

        `NOWHERE` is the log's beginning; None: a shard is missing (`Outcome.GONE`).

        Raises:
            StoreUnavailable: try again later.
        """
        raise NotImplementedError
        yield

    def write(self, facts: Facts, start: int, stop: int, watermark: int) -> Steps[Written]:
        """Write what the log says from `start` up to, not including, `stop`.

        Args:
            facts: its rows in the order of `positions`; those that this fill already holds are skipped, so that one
                consumer may feed several fills.
            start: where the batch begins: where the one before it stopped, or below.
            stop: the consumer's position after it.
            watermark: as in `calls.Applied`.
        """
        raise NotImplementedError
        yield

    def idle(self, now: int, watermark: int) -> Steps[Written]:
        """Every few seconds, move the offset and watermark of shards that had no events; call it in every round."""
        raise NotImplementedError
        yield

    def reread(self, now: int) -> Steps[Written]:
        """Every second, look whether every shard still stands where this writer left it: a store may have lost data."""
        raise NotImplementedError
        yield


__all__ = ["NOWHERE", "Outcome", "Writer", "Written"]
